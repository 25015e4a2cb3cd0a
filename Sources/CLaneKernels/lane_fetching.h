// Memory that is fetched while products leave it idle. Included by variant.h.

// From `next` to `end`, then the upcoming ranges; `next` is NULL before the first and after the last.
typedef struct {
  const char *next, *end;
  const LaneUpcoming *upcoming, *upcomingEnd;
} Fetching;

// A line of cache for every two positions: more than one was no faster.
enum { fetchedBytes = 64 };

static void fetchOn(Fetching *fetching) {
  while (fetching->next >= fetching->end) {
    if (fetching->upcoming == fetching->upcomingEnd) {
      fetching->next = NULL;
      return;
    }
    fetching->next = fetching->upcoming->start;
    fetching->end = fetching->next + fetching->upcoming->bytes;
    fetching->upcoming++;
  }
}
