// GET /jobs/{id}/events and GET /events: what happens, as server-sent events.
#include <charconv>
#include <chrono>
#include <utility>

#include <rondeau/observe/log.h>
#include <rondeau/response/sse.h>
#include <rondeau/task/async_generator.h>

#include "app.h"
#include "failure.h"

namespace jobs {

using namespace rondeau;

namespace {

SseEvent event_of(const Event& event) {
  return SseEvent()
      .event(event.type == EventType::progress ? "progress" : "state")
      .id(std::to_string(event.id))
      .json(event.what);
}

/// What a client that comes again had last; nothing for one that is new.
Result<std::optional<std::int64_t>, Failure> last_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0) {
    return Failure(problem(StatusCode::BadRequest, "Last-Event-ID is none of ours"));
  }
  return id;
}

struct Listening {
  std::shared_ptr<Feed> feed;
  EventStore events;
  Interest interest;
  std::int64_t last = 0;  ///< the id of the event that the client had last
  BroadcastReceiver<Event> coming;
};

bool is_end(const Listening& listening, const Event& event) {
  return !listening.interest.job.empty() && event.type == EventType::state && is_final(event.what.state);
}

/// First what is in the table, then what comes. A reader that is too slow for the channel is told so, and goes on with
/// the last that the table has. The stream of a job ends with the job.
AsyncGenerator<SseEvent> follow(Listening listening) {
  co_yield SseEvent().retry(std::chrono::seconds(2));
  for (bool lagged = false;; lagged = true) {
    // Behind subscribe(): what comes after this position is in the channel.
    const std::int64_t position = listening.feed->position();
    auto replay = co_await listening.events.replay(listening.interest, listening.last, position);
    if (!replay) {
      log::warn("cannot read events", {{"error", replay.error().message()}});
      co_return;  // the client comes again, and says what it had
    }
    if (lagged || replay->missed > 0) {
      // Who comes again with this id gets what follows here.
      const std::int64_t before = replay->events.empty() ? position : replay->events.front().id - 1;
      co_yield SseEvent().event("lagged").id(std::to_string(before)).json(LaggedEvent{replay->missed});
    }
    for (const Event& event : replay->events) {
      co_yield event_of(event);
      // One in between was followed by another try.
      if (&event == &replay->events.back() && is_end(listening, event)) co_return;
    }
    listening.last = std::max(listening.last, position);
    while (auto next = co_await listening.coming.next()) {
      if (!*next) break;
      const Event& event = **next;
      if (event.id <= listening.last || !listening.interest.covers(event)) continue;
      listening.last = event.id;
      co_yield event_of(event);
      if (is_end(listening, event)) co_return;
    }
    if (listening.coming.is_closed()) co_return;
  }
}

/// Of a job that has ended and of which no event is kept any more.
AsyncGenerator<SseEvent> tell_end(Job job) {
  co_yield SseEvent().retry(std::chrono::seconds(2));
  co_yield SseEvent().event("state").id("0").json(
      JobEvent{job.id, job.queue, job.state, job.attempt, job.progress, job.last_error, job.updated_at});
}

/// Behind which event to begin. An id that no event has had yet is of another database, as is its client's knowledge.
Task<Result<std::int64_t, Failure>> beginning(State<App> app, std::optional<std::int64_t> last,
                                              std::int64_t otherwise) {
  if (!last || *last <= app->feed->position()) co_return last.value_or(otherwise);
  RONDEAU_TRY(const std::int64_t highest, co_await app->events.last());
  co_return *last <= highest ? *last : otherwise;
}

using Stream = OneOf<Sse<SseEvent>, NoContent>;

Task<Result<Stream, Failure>> watch_job(State<App> app, Path<"id", std::string> id, LastEventId last_id) {
  RONDEAU_TRY(const auto last, last_of(*last_id));
  auto coming = app->feed->subscribe();
  RONDEAU_TRY(auto job, co_await app->jobs.find(*id));
  if (!job) co_return problem(StatusCode::NotFound, "there is no such job");
  const Interest interest{.job = *id};
  RONDEAU_TRY(const std::int64_t from, co_await beginning(app, last, 0));
  if (is_final(job->state)) {
    RONDEAU_TRY(const auto end, co_await app->events.last_of(*id));
    // 204 is what tells an EventSource not to come again.
    if (last && from >= end) co_return NoContent{};
    if (end == 0) co_return Sse(tell_end(*std::move(job)));
  }
  co_return Sse(follow({app->feed, app->events, interest, from, std::move(coming)}));
}

Task<Result<Stream, Failure>> watch_all(State<App> app, Query<EventsQuery> query, LastEventId last_id) {
  RONDEAU_TRY(const auto last, last_of(*last_id));
  auto coming = app->feed->subscribe();
  const Interest interest{.queue = query->queue.value_or("")};
  RONDEAU_TRY(const std::int64_t from, co_await beginning(app, last, app->feed->position()));
  co_return Sse(follow({app->feed, app->events, interest, from, std::move(coming)}));
}

}  // namespace

void add_streams(Router<App>& router) {
  router.get<"/jobs/{id}/events">(watch_job)
      .summary("Tell what becomes of a job, from its beginning to its end")
      .tag("events")
      .streams<JobEvent>("text/event-stream")
      .also(StatusCode::NotFound);
  router.get<"/events">(watch_all)
      .summary("Tell what becomes of all jobs, or those of a queue, from now on")
      .tag("events")
      .streams<JobEvent>("text/event-stream");
}

}  // namespace jobs
