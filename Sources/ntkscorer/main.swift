print("ntkscorer")
