// POST /leases, PUT /leases/{token}, POST /leases/{token}/complete and …/fail: jobs for consumers elsewhere.
#include <utility>

#include "app.h"
#include "failure.h"

namespace jobs {

using namespace rondeau;

namespace {

Problem expired() {
  return problem(StatusCode::Conflict, "this lease has expired, or never was");
}

milliseconds in_ms(std::int64_t seconds) {
  return std::chrono::seconds(seconds);
}

Lease lease_of(JobRow row) {
  return {std::move(*row.owner),    from_stored(*row.lease_until), std::move(row.id), std::move(row.kind),
          document_of(row.payload), std::move(row.queue),          row.attempt,       row.timeout_s};
}

Task<Result<Json<Leases>, Failure>> take(State<App> app, Json<LeaseRequest> wanted) {
  RONDEAU_TRY(auto rows, co_await app->leases.claim({static_cast<std::size_t>(*wanted->max), in_ms(*wanted->lease_s),
                                                     "remote", *wanted->queue}));
  Leases leases;
  for (JobRow& row : rows) leases.jobs.push_back(lease_of(std::move(row)));
  co_return Json{std::move(leases)};
}

Task<Result<Json<LeaseState>, Failure>> renew(State<App> app, Path<"token", std::string> token,
                                              std::optional<Json<Heartbeat>> heartbeat) {
  const Heartbeat beat = heartbeat ? **std::move(heartbeat) : Heartbeat();
  RONDEAU_TRY(const auto row, co_await app->leases.renew(*token, in_ms(*beat.lease_s)));
  if (!row) co_return expired();
  if (beat.progress) {
    RONDEAU_TRY(const bool told, co_await app->leases.report(*token, *beat.progress));
    if (!told) co_return expired();
  }
  co_return Json{LeaseState{from_stored(*row->lease_until), row->cancel_requested != 0}};
}

Task<Result<Json<Job>, Failure>> complete(State<App> app, Path<"token", std::string> token,
                                          std::optional<Json<Completion>> completion) {
  const std::string result = completion ? text_of((*completion)->result) : "{}";
  RONDEAU_TRY(auto row, co_await app->leases.complete(*token, result));
  if (!row) co_return expired();
  co_return Json{job_of(*std::move(row))};
}

Task<Result<Json<Job>, Failure>> fail(State<App> app, Path<"token", std::string> token,
                                      std::optional<Json<FailureReport>> report) {
  const FailureReport said = report ? **std::move(report) : FailureReport();
  RONDEAU_TRY(auto row,
              co_await app->leases.fail(*token, said.error.value_or("failed"), said.retry ? Again::Yes : Again::Never));
  if (!row) co_return expired();
  co_return Json{job_of(*std::move(row))};
}

}  // namespace

void add_leases(Router<App>& router) {
  router.post<"/leases">(take).summary("Take jobs of a queue under a lease each").tag("leases");
  router.put<"/leases/{token}">(renew)
      .summary("Keep a lease, and tell how far the job is")
      .tag("leases")
      .also(StatusCode::Conflict, "it has expired");
  router.post<"/leases/{token}/complete">(complete)
      .summary("End a lease: the job is done")
      .tag("leases")
      .also(StatusCode::Conflict, "it has expired");
  router.post<"/leases/{token}/fail">(fail)
      .summary("End a lease: the job has failed")
      .tag("leases")
      .also(StatusCode::Conflict, "it has expired");
}

}  // namespace jobs
