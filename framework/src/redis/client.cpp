#include <rondeau/redis/client.h>

#include <algorithm>
#include <functional>
#include <utility>

#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/oneshot.h>
#include <rondeau/task/context.h>
#include <rondeau/time/timeout.h>

#include "redis/arguments.h"
#include "redis/call.h"
#include "redis/client_state.h"
#include "redis/line.h"

namespace rondeau::redis {
namespace {

constexpr std::string_view kMulti = "*1\r\n$5\r\nMULTI\r\n";
constexpr std::string_view kExec = "*1\r\n$4\r\nEXEC\r\n";

// What a request is about, most often a key.
std::string_view subject_of(std::string_view bytes) noexcept {
  if (bytes.starts_with(kMulti)) bytes.remove_prefix(kMulti.size());
  Arguments arguments(bytes);
  std::string_view word;
  std::string_view subject;
  arguments.next(word);
  arguments.next(subject);
  return subject;
}

Request gather_between(std::string_view before, std::vector<Request> requests, std::string_view after) {
  Request all{.bytes = {}, .word = {}, .replies = 0, .repeatable = true, .atomic = false};
  all.bytes.append(before);
  for (Request& one : requests) {
    all.bytes.append(one.bytes.view());
    all.replies += one.replies;
    all.repeatable = all.repeatable && one.repeatable;
    if (one.timeout) all.timeout = std::max(all.timeout.value_or(Duration::zero()), *one.timeout);
    if (one.refused && !all.refused) all.refused = std::move(one.refused);
  }
  all.bytes.append(after);
  return all;
}

}  // namespace

UnderWay::UnderWay(PreparedCall prepared) : call_(std::move(prepared.call)), done_(std::move(prepared.done)) {
  const Instant now = Instant::now();
  call_->deadline = now + call_->request.timeout.value_or(call_->line.options().command_timeout);
  if (const auto deadline = task::Context::current().deadline()) call_->deadline = std::min(call_->deadline, *deadline);
  call_->granted = call_->deadline.saturating_since(now);
  if (call_->request.refused) {
    call_->complete(*std::move(call_->request.refused));
  } else if (call_->granted == Duration::zero()) {
    call_->complete(named(Error(ErrorKind::Timeout, Phase::Queue, "not sent, the deadline has passed")));
  } else {
    call_->line.submit(call_);
  }
}

UnderWay::~UnderWay() {
  if (!done_.is_terminated()) give_up();
}

void UnderWay::give_up() noexcept {
  done_.close();
  if (done_.is_empty()) call_->line.forget(*call_);
}

Instant UnderWay::deadline() const noexcept {
  return call_->deadline;
}

Result<Value> UnderWay::conclude() {
  // This holds the call, and that its line's end of `done_`: it ends by being sent on.
  if (done_.is_terminated() || done_.try_recv()) return *std::move(call_->outcome);
  give_up();
  return call_->line.late(*call_);
}

Error UnderWay::named(const Error& error) const {
  return error.with(call_->request.word);
}

Result<Client> Client::open(Options options) {
  RONDEAU_TRY_VOID_PLAIN(check(options));
  return Client(std::make_shared<State>(std::move(options)));
}

Result<Client> Client::open(std::string_view url) {
  RONDEAU_TRY_PLAIN(Options options, Options::from_url(url));
  return open(std::move(options));
}

const Options& Client::options() const noexcept {
  return *state_->options;
}

PreparedCall Client::make_call(Request&& request) const {
  if (request.bytes.size() == 0 && !request.refused) {
    request.refused = Error(ErrorKind::Config, Phase::Queue, "a command that was given away: it was run already");
  }
  std::size_t at = 0;
  if (state_->lines.size() > 1) {
    at = std::hash<std::string_view>()(subject_of(request.bytes.view())) % state_->lines.size();
  }
  auto [end, done] = oneshot<std::monostate>();
  return {std::make_shared<Call>(std::move(request), *state_->lines[at], std::move(end)), std::move(done)};
}

Request Client::gather(std::vector<Request> requests) {
  Request all = gather_between({}, std::move(requests), {});
  all.word = "pipeline";
  return all;
}

Request Client::gather_multi(std::vector<Request> requests) {
  Request all = gather_between(kMulti, std::move(requests), kExec);
  all.word = "MULTI";
  all.replies += 2;
  all.atomic = true;  // cut before the end of EXEC, nothing of it runs
  return all;
}

std::vector<Value> replies_of(Value&& reply, std::size_t count) {
  if (count > 1) return std::move(reply).take_items();
  std::vector<Value> one;
  one.push_back(std::move(reply));
  return one;
}

Result<std::vector<Value>> transaction_replies(Value&& replies, std::size_t count) {
  std::vector<Value> all = std::move(replies).take_items();
  if (all.front().is_error()) return Error::from_server(all.front().text());
  Value& last = all.back();
  if (last.is_nil()) {
    return Error(ErrorKind::WatchFailed, Phase::Reply, "a watched key was changed, nothing ran").with_sent(Sent::Yes);
  }
  if (last.is_error()) {
    const Error aborted = Error::from_server(last.text());
    const auto refused = std::find_if(all.begin() + 1, all.end(), [](const Value& one) { return one.is_error(); });
    if (&*refused == &last) return aborted;
    Error error(aborted.kind(), Phase::Reply, "command " + std::to_string(refused - all.begin() - 1) + ": " +
                                                  std::string(refused->text()) + "; nothing ran");
    return std::move(error).with_sent(Sent::Yes);
  }
  if (last.items().size() != count) {
    return mismatch(std::to_string(last.items().size()) + " replies in EXEC where " + std::to_string(count) +
                    " are expected");
  }
  return std::move(last).take_items();
}

task::AsyncGenerator<Result<std::string>> Client::scan(ScanOptions options) const {
  return scan_all(*this, std::move(options));
}

task::AsyncGenerator<Result<std::string>> Client::scan_all(Client keep, ScanOptions options) {
  using Match = std::optional<std::pair<std::string, std::string>>;
  const Match match = options.match ? Match({"MATCH", *options.match}) : std::nullopt;
  const Match type = options.type ? Match({"TYPE", *options.type}) : std::nullopt;
  std::string cursor = "0";
  do {
    using Page = std::pair<std::string, std::vector<std::string>>;
    auto page = co_await keep.command<Page>("SCAN", cursor, match, "COUNT", options.count, type);
    if (!page) {
      co_yield std::move(page).error();
      co_return;
    }
    cursor = std::move(page->first);
    for (std::string& key : page->second) co_yield std::move(key);
  } while (cursor != "0");
}

task::Task<void> Client::close(Duration within) const {
  std::vector<std::shared_ptr<Line>> lines = state_->lines;
  state_->exclusives().begin_close();
  for (const auto& line : lines) line->begin_close(false);
  const Instant deadline = Instant::now() + within;
  for (const auto& line : lines) {
    static_cast<void>(co_await time::timeout_at(deadline, line->ended().cancelled()));
    line->begin_close(true);
    co_await line->ended().cancelled();
  }
}

Stats Client::stats() const {
  Stats stats;
  for (const auto& line : state_->lines) line->add_to(stats);
  return stats;
}

}  // namespace rondeau::redis
