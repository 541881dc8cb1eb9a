// POST /jobs, GET /jobs, GET and DELETE /jobs/{id}, POST /jobs/{id}/retry, GET /queues.
#include <utility>

#include <rondeau/crypto/digest.h>
#include <rondeau/text/base64.h>

#include "app.h"
#include "failure.h"

namespace jobs {

using namespace rondeau;

namespace {

using KeyField = std::optional<Header<"idempotency-key", std::string>>;
using AcceptedJob = WithStatus<202, Json<Job>>;

Problem no_such_job() {
  return problem(StatusCode::NotFound, "there is no such job");
}
Problem invalid(std::string pointer, const std::string& message) {
  return problem(StatusCode::UnprocessableContent, pointer.substr(1) + ": " + message)
      .error({"body", std::move(pointer), "invalid", message});
}

WithHeaders<AcceptedJob> accepted(Job job) {
  Headers headers;
  headers.append("location", "/jobs/" + job.id).value();  // an id is letters, digits and hyphens
  return {AcceptedJob{Json{std::move(job)}}, std::move(headers)};
}

/// Equal for bodies that say the same, whatever their blanks and the order of their members.
Result<std::string> fingerprint(const NewJob& job) {
  RONDEAU_TRY_PLAIN(const std::string text, json::to_string(job));
  return text::hex_encode(crypto::sha256(text));
}

Task<Result<WithHeaders<AcceptedJob>, Failure>> place(State<App> app, NewJob job, std::optional<IdempotencyKey> key) {
  RONDEAU_TRY(Placement placement, co_await app->jobs.place(std::move(job), std::move(key)));
  if (placement.placed == Placed::OtherBody) {
    co_return problem(StatusCode::UnprocessableContent, "this Idempotency-Key came with another body before");
  }
  co_return accepted(std::move(placement.job));
}

Task<Result<WithHeaders<AcceptedJob>, Failure>> add_job(State<App> app, KeyField field, Json<NewJob> job) {
  if (const auto kind = built_in(*job->kind)) {
    if (const auto why = app->runner->refusal(*kind, text_of(job->payload)); !why.empty())
      co_return invalid("/payload", why);
  }
  if (!field) co_return co_await place(app, *std::move(job), std::nullopt);
  const auto key = parse_idempotency_key(**field);
  if (!key) {
    co_return problem(StatusCode::BadRequest,
                      "Idempotency-Key must be 1 to 255 visible characters, in quotes or without");
  }
  const KeysInFlight::Entry entry(*app->keys, *key);
  if (!entry.is_first()) {
    co_return problem(StatusCode::Conflict, "a request with this Idempotency-Key is being answered")
        .header(http::HeaderName::RetryAfter, "1");
  }
  RONDEAU_TRY(std::string print, fingerprint(*job));
  co_return co_await place(app, *std::move(job), IdempotencyKey{*key, std::move(print)});
}

Task<Result<Json<JobPage>, Failure>> list_jobs(State<App> app, Query<ListQuery> query) {
  RONDEAU_TRY(JobPage page, co_await app->jobs.list(*std::move(query)));
  co_return Json{std::move(page)};
}

Task<Result<Json<Job>, Failure>> show_job(State<App> app, Path<"id", std::string> id) {
  RONDEAU_TRY(auto job, co_await app->jobs.find(*id));
  if (!job) co_return no_such_job();
  co_return Json{*std::move(job)};
}

/// Why a job is not as it would have to be: it is not there, or in another state.
Task<Result<Job, Failure>> job_in_state(State<App> app, std::string id, std::string_view but) {
  RONDEAU_TRY(auto job, co_await app->jobs.find(std::move(id)));
  if (!job) co_return no_such_job();
  if (to_string(job->state) == but) co_return *std::move(job);
  co_return problem(StatusCode::Conflict, "the job is " + std::string(to_string(job->state)))
      .with("state", to_string(job->state));
}

Task<Result<WithHeaders<AcceptedJob>, Failure>> cancel_job(State<App> app, Path<"id", std::string> id) {
  RONDEAU_TRY(auto job, co_await app->jobs.cancel(*id));
  if (job) {
    app->running->cancel(*id);
    co_return accepted(*std::move(job));
  }
  RONDEAU_TRY(Job cancelled, co_await job_in_state(app, *id, "cancelled"));
  co_return accepted(std::move(cancelled));
}

Task<Result<WithHeaders<AcceptedJob>, Failure>> retry_job(State<App> app, Path<"id", std::string> id) {
  RONDEAU_TRY(auto job, co_await app->jobs.retry(*id));
  if (job) co_return accepted(*std::move(job));
  RONDEAU_TRY(Job none, co_await job_in_state(app, *id, ""));
  co_return accepted(std::move(none));
}

Task<Result<Json<Queues>, Failure>> show_queues(State<App> app) {
  RONDEAU_TRY(Queues queues, co_await app->jobs.queues());
  co_return Json{std::move(queues)};
}

}  // namespace

void add_jobs(Router<App>& router) {
  router.post<"/jobs">(add_job).summary("Put in a job").tag("jobs").also(StatusCode::Conflict);
  router.get<"/jobs">(list_jobs).summary("List jobs, the oldest first").tag("jobs");
  router.get<"/jobs/{id}">(show_job).summary("Show a job with its attempts").tag("jobs").also(StatusCode::NotFound);
  router.del<"/jobs/{id}">(cancel_job)
      .summary("Cancel a job; one that runs is asked to end")
      .tag("jobs")
      .also(StatusCode::NotFound)
      .also(StatusCode::Conflict, "it has ended");
  router.post<"/jobs/{id}/retry">(retry_job)
      .summary("Run again what is dead, cancelled or waits after a failure")
      .tag("jobs")
      .also(StatusCode::NotFound)
      .also(StatusCode::Conflict, "it is in no such state");
  router.get<"/queues">(show_queues).summary("Tell how long the queues are, and how fast").tag("queues");
}

}  // namespace jobs
