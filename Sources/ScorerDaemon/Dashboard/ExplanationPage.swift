/// What explains a ranking of many candidates, which takes a moment to make: a page of its own, and a part that the job's
/// page loads by itself.
struct ExplanationPage {
  let job: Int64
  let space: String
  /// HTML.
  let explanations: String

  var page: DashboardPage {
    DashboardPage(
      title: "\(space), job \(job)", place: .jobs,
      body: """
        <h1><a href="/jobs/\(job)">\(PageText.escaped(space))</a></h1>
        <div data-part>\(explanations)</div>
        """)
  }
}
