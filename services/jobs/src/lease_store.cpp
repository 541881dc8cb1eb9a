#include "lease_store.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include <rondeau/base/current_driver.h>
#include <rondeau/crypto/random.h>

// Of a lease that runs: $1 is its token, $2 the time.
#define IF_LEASE_RUNS " where owner = $1 and state = 'leased' and lease_until > $2 "
#define LEASE_ENDS "owner = null, worker = null, lease_until = null, updated_at = $2"
// $4 is 1 for one that is never to be tried again.
#define MAY_TRY_AGAIN "cancel_requested = 0 and $4 = 0 and attempt - attempts_before < max_attempts"
#define FAILS                                                                                   \
  "update jobs set state = case when cancel_requested = 1 then 'cancelled' when " MAY_TRY_AGAIN \
  " then 'scheduled' else 'dead' end, run_at = case when " MAY_TRY_AGAIN                        \
  " then $5 else run_at end, finished_at = case when " MAY_TRY_AGAIN                            \
  " then null else $2 end, last_error = $3, " LEASE_ENDS

namespace jobs {
namespace {

constexpr std::string_view kExpired = "the lease expired";
constexpr std::size_t kLongestError = 1000;  // bytes

/// At a character's end.
std::string cut(std::string text) {
  if (text.size() <= kLongestError) return text;
  std::size_t end = kLongestError;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text;
}

bool goes_first(const JobRow& left, const JobRow& right) {
  return std::tuple(-left.priority, left.run_at, std::string_view(left.id)) <
         std::tuple(-right.priority, right.run_at, std::string_view(right.id));
}

sql::Item<std::int64_t> promotion(bool postgres, std::int64_t time) {
  if (postgres) {
    return sql::exec(
        "with due as materialized (select id from jobs where state = 'scheduled' and run_at <= $1 order by run_at "
        "limit 1000 for update skip locked) "
        "update jobs set state = 'ready', updated_at = $1 where id in (select id from due)",
        time);
  }
  return sql::exec(
      "update jobs set state = 'ready', updated_at = $1 where id in "
      "(select id from jobs where state = 'scheduled' and run_at <= $1 order by run_at limit 1000)",
      time);
}

#define TAKE(which, lock)                                                                             \
  "with next as materialized (select id from jobs where state = 'ready' and " which                   \
  " order by priority desc, run_at, id limit $5" lock                                                 \
  ") update jobs set state = 'leased', attempt = attempt + 1, owner = $1 || '.' || id, worker = $2, " \
  "lease_until = $3, progress = null, updated_at = $4 where id in (select id from next) returning " JOBS_COLUMNS

sql::Item<std::vector<JobRow>> taking(bool postgres, const Claim& claim, std::int64_t time) {
  const std::string token = rondeau::crypto::random_token(16);
  const std::int64_t until = time + claim.lease.count();
  const auto most = static_cast<std::int64_t>(claim.most);
  if (postgres && claim.queue) {
    return sql::all<JobRow>(TAKE("queue = $6", " for update skip locked"), token, claim.worker, until, time, most,
                            *claim.queue);
  }
  if (postgres) {
    return sql::all<JobRow>(TAKE("built_in = 1", " for update skip locked"), token, claim.worker, until, time, most);
  }
  if (claim.queue) {
    return sql::all<JobRow>(TAKE("queue = $6", ""), token, claim.worker, until, time, most, *claim.queue);
  }
  return sql::all<JobRow>(TAKE("built_in = 1", ""), token, claim.worker, until, time, most);
}

}  // namespace

milliseconds backoff(std::int64_t failures) {
  constexpr std::int64_t kMost = 15 * 60 * 1000;
  const std::int64_t doublings = std::clamp<std::int64_t>(failures - 1, 0, 20);
  const std::int64_t whole = std::min(kMost, std::int64_t{1000} << doublings);
  std::array<std::byte, 2> bytes;
  rondeau::base::current_driver().random(bytes);
  const int random = std::to_integer<int>(bytes[0]) * 256 + std::to_integer<int>(bytes[1]);
  return milliseconds(whole / 2 + whole / 2 * random / 65'535);
}

Task<Result<std::vector<JobRow>>> LeaseStore::claim(Claim claim) const {
  const std::int64_t time = to_stored(now());
  const bool postgres = database_.system() == "postgresql";
  RONDEAU_TRY(auto both, co_await database_.batch(promotion(postgres, time), taking(postgres, claim, time)));
  auto& [promoted, rows] = both;
  if (promoted > 0 || !rows.empty()) bell_->ring_events();
  std::ranges::sort(rows, goes_first);
  co_return std::move(rows);
}

Task<Result<std::optional<JobRow>>> LeaseStore::renew(std::string token, milliseconds lease) const {
  const std::int64_t time = to_stored(now());
  RONDEAU_TRY(auto row, co_await database_.maybe<JobRow>(
                            "update jobs set lease_until = $3, updated_at = $2" IF_LEASE_RUNS "returning " JOBS_COLUMNS,
                            token, time, time + lease.count()));
  co_return row;
}

Task<Result<bool>> LeaseStore::report(std::string token, double progress) const {
  RONDEAU_TRY(const std::int64_t changed,
              co_await database_.exec("update jobs set progress = $3, updated_at = $2" IF_LEASE_RUNS, token,
                                      to_stored(now()), progress));
  if (changed == 1) bell_->ring_events();
  co_return changed == 1;
}

Task<Result<std::optional<JobRow>>> LeaseStore::complete(std::string token, std::string result) const {
  RONDEAU_TRY(auto row, co_await database_.maybe<JobRow>(
                            "update jobs set state = 'succeeded', progress = 1, last_error = null, result = $3, "
                            "finished_at = $2, " LEASE_ENDS IF_LEASE_RUNS "returning " JOBS_COLUMNS,
                            token, to_stored(now()), result));
  if (row) bell_->ring_events();
  co_return row;
}

Task<Result<std::optional<JobRow>>> LeaseStore::fail(std::string token, std::string error, Again again) const {
  RONDEAU_TRY(auto row, co_await database_.maybe<JobRow>("select " JOBS_COLUMNS " from jobs" IF_LEASE_RUNS, token,
                                                         to_stored(now())));
  if (!row) co_return std::nullopt;
  co_return co_await end_in_failure(*std::move(row), std::move(error), again, false);
}

Task<Result<std::optional<JobRow>>> LeaseStore::end_in_failure(JobRow row, std::string error, Again again,
                                                               bool expired) const {
  const std::int64_t time = to_stored(now());
  const std::int64_t never = again == Again::Never ? 1 : 0;
  const std::int64_t retry_at = time + backoff(row.attempt - row.attempts_before).count();
  const std::string token = *row.owner;
  const std::string why = cut(std::move(error));
  std::optional<JobRow> ended;
  if (expired) {
    RONDEAU_TRY(ended, co_await database_.maybe<JobRow>(
                           FAILS " where owner = $1 and state = 'leased' and lease_until <= $2 returning " JOBS_COLUMNS,
                           token, time, why, never, retry_at));
  } else {
    RONDEAU_TRY(ended, co_await database_.maybe<JobRow>(FAILS IF_LEASE_RUNS "returning " JOBS_COLUMNS, token, time, why,
                                                        never, retry_at));
  }
  // Its time comes, and may be before that of those the dispatcher knows of.
  if (ended) bell_->ring_work();
  if (ended) bell_->ring_events();
  co_return ended;
}

Task<Result<bool>> LeaseStore::release(std::string token) const {
  RONDEAU_TRY(
      const std::int64_t changed,
      co_await database_.exec("update jobs set state = case cancel_requested when 1 then 'cancelled' else 'ready' end, "
                              "finished_at = case cancel_requested when 1 then $2 else null end, "
                              "attempts_before = attempts_before + 1, " LEASE_ENDS IF_LEASE_RUNS,
                              token, to_stored(now())));
  if (changed == 1) bell_->ring_events();
  co_return changed == 1;
}

Task<Result<std::size_t>> LeaseStore::sweep() const {
  RONDEAU_TRY(auto rows, co_await database_.all<JobRow>("select " JOBS_COLUMNS
                                                        " from jobs where state = 'leased' and lease_until <= $1 "
                                                        "order by lease_until limit 500",
                                                        to_stored(now())));
  std::size_t ended = 0;
  for (JobRow& row : rows) {
    RONDEAU_TRY(const auto changed, co_await end_in_failure(std::move(row), std::string(kExpired), Again::Yes, true));
    ended += changed ? 1 : 0;
  }
  co_return ended;
}

Task<Result<std::vector<std::string>>> LeaseStore::unwanted(std::string worker) const {
  RONDEAU_TRY(auto ids,
              co_await database_.all<std::string>(
                  "select id from jobs where state = 'leased' and cancel_requested = 1 and worker = $1", worker));
  co_return ids;
}

Task<Result<std::optional<Time>>> LeaseStore::next_due() const {
  RONDEAU_TRY(const auto due,
              co_await database_.scalar<std::optional<std::int64_t>>(
                  "select case when exists (select 1 from jobs where state = 'ready' and built_in = 1) then 0 "
                  "else (select min(run_at) from jobs where state = 'scheduled') end"));
  if (!due) co_return std::nullopt;
  co_return from_stored(*due);
}

}  // namespace jobs
