#include "otlp/exporter.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <rondeau/base/wall_clock.h>
#include <rondeau/client/response.h>
#include <rondeau/observe/log.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

#include "client/retry_rule.h"

namespace rondeau::otlp {
namespace {

bool may_pass(http::StatusCode status) noexcept {
  const unsigned code = http::code(status);
  return code == 429 || code == 502 || code == 503 || code == 504;
}

}  // namespace

Exporter::Exporter(ExporterOptions options, client::Client client)
    : options_(std::move(options)), client_(std::move(client)) {}

void Exporter::put(observe::SpanRecord span) noexcept {
  bool full = false;
  try {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < options_.queue) {
      waiting_.push_back(std::move(span));
      full = waiting_.size() % options_.batch == 0;
      if (!full) return;
    }
  } catch (...) {
    return drop(1, "out of memory");
  }
  if (full) return wake_.notify_one();
  drop(1, "the queue is full");
}

void Exporter::drop(std::size_t spans, std::string_view why) noexcept {
  dropped_.fetch_add(spans, std::memory_order_relaxed);
  if (told_.exchange(true, std::memory_order_relaxed)) return;
  log::write(log::Level::Warn, "trace", "spans are dropped", {{"why", why}, {"collector", options_.url}});
}

std::vector<observe::SpanRecord> Exporter::take() {
  const std::lock_guard lock(mutex_);
  const std::size_t count = std::min(waiting_.size(), options_.batch);
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<observe::SpanRecord> batch(std::move_iterator(waiting_.begin()), std::move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return batch;
}

Task<void> Exporter::run(std::shared_ptr<Exporter> self) {
  while (co_await self->wait_for_batch()) {
    if (auto batch = self->take(); !batch.empty()) co_await self->send(std::move(batch));
  }
}

/// Until one is full, or it is time. False: there will be none any more.
Task<bool> Exporter::wait_for_batch() {
  const Instant due = Instant::now() + options_.every;
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (finishing_) co_return !waiting_.empty();
      if (waiting_.size() >= options_.batch) co_return true;
    }
    // A wake that comes meanwhile is kept, and ends the wait at once.
    if (!co_await time::timeout_at(due, wake_.notified())) co_return true;
  }
}

Task<void> Exporter::send(std::vector<observe::SpanRecord> batch) {
  const std::size_t count = batch.size();
  sending_.store(count, std::memory_order_relaxed);
  const std::string body = encode(options_.resource, batch);
  batch.clear();
  Duration backoff = options_.backoff;
  for (unsigned attempt = 1;; ++attempt) {
    const Answer answer = co_await ask(body);
    if (answer.outcome == Outcome::Taken) {
      exported_.fetch_add(count, std::memory_order_relaxed);
      told_.store(false, std::memory_order_relaxed);
      break;
    }
    if (answer.outcome == Outcome::Refused || attempt == options_.attempts) {
      drop(count, answer.why);
      break;
    }
    co_await sleep_for(std::min(answer.wait.value_or(backoff), options_.max_wait));
    backoff = std::min(backoff * 2, options_.max_wait);
  }
  sending_.store(0, std::memory_order_relaxed);
}

Task<Exporter::Answer> Exporter::ask(std::string body) {
  auto answer = co_await client_.post(options_.url)
                    .headers(options_.headers)
                    .body(std::move(body), "application/json")
                    .timeout(options_.timeout)
                    .send();
  if (!answer) co_return Answer{Outcome::Again, std::nullopt, answer.error().message()};
  if (http::is_success(answer->status())) co_return Answer{Outcome::Taken, std::nullopt, {}};
  const std::string why = "it answers " + std::to_string(http::code(answer->status()));
  if (!may_pass(answer->status())) co_return Answer{Outcome::Refused, std::nullopt, why};
  std::optional<Duration> wait;
  if (const auto after = answer->header(http::HeaderName::RetryAfter)) {
    wait = client::parse_retry_after(*after, base::wall_clock());
  }
  co_return Answer{Outcome::Again, wait, why};
}

Task<void> Exporter::finish(std::shared_ptr<Exporter> self, JoinHandle<void> running, Duration at_most) {
  {
    const std::lock_guard lock(self->mutex_);
    self->finishing_ = true;
  }
  self->wake_.notify_one();
  if (!co_await timeout(at_most, running)) {
    running.abort();
    static_cast<void>(co_await running);
  }
  std::size_t left = self->sending_.exchange(0, std::memory_order_relaxed);
  {
    const std::lock_guard lock(self->mutex_);
    left += self->waiting_.size();
    self->waiting_.clear();
  }
  if (left != 0) self->drop(left, "there was no time to send them");
}

}  // namespace rondeau::otlp
