#include "admin/health.h"

#include <chrono>
#include <utility>

#include <rondeau/task/catch_exceptions.h>
#include <rondeau/task/join_all.h>
#include <rondeau/time/timeout.h>

namespace rondeau::admin {
namespace {

constexpr std::chrono::seconds kTime{1};

Task<Result<void>> ask_once_in_time(const service::Context::Check& check) {
  co_return co_await timeout(kTime, check());
}

/// A check that throws is one that fails, and takes no other with it.
Task<Result<void>> ask_in_time(const service::Context::Check& check) {
  auto answer = co_await task::catch_exceptions(ask_once_in_time(check));
  if (!answer) co_return Error(Errc::Other, "it threw an exception");
  co_return *std::move(answer);
}

/// That it is another error than all that have a name tells nothing.
std::string words_of(const Error& error) {
  return error == Errc::Other && !error.context().empty() ? std::string(error.context()) : error.message();
}

}  // namespace

void Health::add(std::string name, service::Context::Check check, service::Need need) {
  checks_.push_back({std::move(name), std::move(check), need});
}

Task<Health::Readiness> Health::ask(std::shared_ptr<Health> self) {
  if (!self->is_started()) co_return Readiness{false, "starting\n"};
  if (self->draining_.load(std::memory_order_relaxed)) co_return Readiness{false, "draining\n"};
  const std::uint64_t mine = self->arrivals_.fetch_add(1, std::memory_order_relaxed) + 1;
  auto latest = co_await self->latest_.lock();
  // A round that began after we came asks for us, too.
  if (latest->number < mine) {
    const std::uint64_t all = self->arrivals_.load(std::memory_order_relaxed);
    Readiness answer = co_await self->go_round();
    *latest = {all, std::move(answer)};
  }
  co_return latest->answer;
}

Task<Health::Readiness> Health::go_round() {
  std::vector<Task<Result<void>>> asked;
  for (const NamedCheck& each : checks_) asked.push_back(ask_in_time(each.check));
  const std::vector<Result<void>> answers = co_await task::join_all(std::move(asked));
  Readiness readiness{true, ""};
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i]) continue;
    const bool required = checks_[i].need == service::Need::Required;
    readiness.ready = readiness.ready && !required;
    readiness.text += checks_[i].name + ": " + words_of(answers[i].error()) + (required ? "\n" : " (advisory)\n");
  }
  if (readiness.ready) readiness.text.insert(0, "ready\n");
  co_return readiness;
}

}  // namespace rondeau::admin
