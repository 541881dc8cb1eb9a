#include "client/http2/exchange.h"

#include <utility>
#include <vector>

#include <rondeau/task/select.h>
#include <rondeau/time/timeout.h>

#include "client/http2/body.h"
#include "client/words.h"

namespace rondeau::client::http2 {
namespace {

/// So much of a body that is made while it is sent is made ahead.
constexpr std::size_t kAhead = 64 * 1024;

}  // namespace

Exchange::Exchange(Permit permit, const Attempt& attempt)
    : attempt_(attempt),
      connection_(std::move(permit).use()),
      stream_(std::make_shared<Stream>(attempt.method, attempt.limits)) {
  submit();
}

Exchange::~Exchange() {
  if (stream_ != nullptr) connection_->change([this](Session& session) { session.abandon(*stream_); });
}

void Exchange::submit() {
  if (!attempt_.body.is_none()) {
    Outgoing& out = stream_->out;
    sending_ = true;
    out.producing = true;
    if (attempt_.body.bytes() != nullptr && !attempt_.expect_continue) {
      out.pieces.push_back(*attempt_.body.bytes());
      out.unsent = out.pieces.front().size();
      out.producing = false;
      sending_ = out.unsent > 0;
    }
  }
  RequestFields fields;
  fields.fill(attempt_);
  connection_->submit(stream_, fields);
}

task::Task<Result<std::unique_ptr<Answer>, Failure>> Exchange::ask() {
  Result<void, Failure> reached = co_await reach_head();
  if (!reached) co_return std::move(reached).error();
  co_return make_answer();
}

task::Task<Result<void, Failure>> Exchange::reach_head() {
  if (!sending_) co_return co_await receive_head();
  if (attempt_.expect_continue) {
    if (auto told = co_await await_permission(); !told) co_return std::move(told).error();
    if (!told_to_go_on_) co_return Result<void, Failure>();
  }
  task::Task<Result<void, Failure>> sending = send();
  task::Task<Result<void, Failure>> receiving = receive_head();
  auto first = co_await task::select(receiving, sending).biased();
  if (first.is<0>()) {
    // It has heard enough. What is in memory goes on by itself; who makes a body is not asked for more.
    co_await task::cancel(sending);
    co_return std::move(first.get<0>());
  }
  // It waits as long as for a request that is on its way.
  co_await task::cancel(receiving);
  if (Result<void, Failure>& sent = first.get<1>(); !sent) co_return std::move(sent);
  co_return co_await receive_head();
}

task::Task<Result<void, Failure>> Exchange::send() {
  if (is_stream()) {
    Result<void, Failure> made = co_await send_stream();
    if (!made) co_return made;
  } else if (attempt_.expect_continue) {
    connection_->change([this](Session& session) {
      session.write(*stream_, *attempt_.body.bytes());
      session.finish(*stream_, {});
    });
  }
  Result<void, Failure> sent = co_await wait_until_below(1);
  sending_ = false;
  co_return sent;
}

task::Task<Result<void, Failure>> Exchange::send_stream() {
  Result<std::unique_ptr<http::BodySource>> source = attempt_.body.open();
  if (!source) co_return fail(ErrorKind::BodyNotReplayable, Phase::Write, source.error().message());
  for (;;) {
    Result<Bytes> piece = co_await (*source)->next();
    if (!piece) co_return fail(ErrorKind::InvalidRequest, Phase::Write, "its body: " + piece.error().message());
    if (piece->empty()) break;
    connection_->change([&](Session& session) { session.write(*stream_, *std::move(piece)); });
    if (auto taken = co_await wait_until_below(kAhead); !taken) co_return taken;
  }
  connection_->change([&](Session& session) { session.finish(*stream_, (*source)->trailers()); });
  co_return Result<void, Failure>();
}

task::Task<Result<void, Failure>> Exchange::wait_until_below(std::size_t bytes) {
  for (;;) {
    // Of a stream that is closed receive_head() tells.
    const bool enough = connection_->look([&](const Session&) {
      const Outgoing& out = stream_->out;
      return stream_->closed || (out.producing ? out.unsent < bytes : out.done);
    });
    if (enough) co_return Result<void, Failure>();
    const Patience patience = Patience::of(attempt_.timeouts.write, attempt_.deadline);
    const auto taken = co_await time::timeout_at(patience.end, stream_->out.taken.notified());
    if (!taken) co_return late(Phase::Write, patience, attempt_.timeouts.write);
  }
}

task::Task<Result<void, Failure>> Exchange::await_permission() {
  const Patience patience = Patience::of(attempt_.timeouts.expect, attempt_.deadline);
  for (;;) {
    Result<bool, Failure> complete = look();
    if (!complete) co_return std::move(complete).error();
    if (*complete || told_to_go_on_) co_return Result<void, Failure>();
    const auto news = co_await time::timeout_at(patience.end, stream_->in.changed.notified());
    if (news) continue;
    if (patience.is_total) co_return late(Phase::Head, patience, attempt_.timeouts.expect);
    // RFC 9110 §10.1.1: who is not told goes on all the same.
    told_to_go_on_ = true;
  }
}

task::Task<Result<void, Failure>> Exchange::receive_head() {
  for (;;) {
    Result<bool, Failure> complete = look();
    if (!complete) co_return std::move(complete).error();
    if (*complete) co_return Result<void, Failure>();
    // As long as the request is on its way the peer owes us nothing.
    const bool sending = sending_;
    const Patience patience =
        sending ? Patience{attempt_.deadline, true} : Patience::of(attempt_.timeouts.read, attempt_.deadline);
    const auto news = co_await time::timeout_at(patience.end, stream_->in.changed.notified());
    if (!news) co_return late(Phase::Head, patience, attempt_.timeouts.read);
  }
}

Result<bool, Failure> Exchange::look() {
  std::vector<http::Headers> hints;
  const auto seen = connection_->look([&](const Session&) -> Result<bool, Failure> {
    Incoming& in = stream_->in;
    hints = std::exchange(in.hints, {});
    told_to_go_on_ = told_to_go_on_ || in.told_to_go_on;
    if (stream_->failure && !in.head) return *stream_->failure;
    return in.head.has_value();
  });
  if (attempt_.on_early_hints) {
    for (const http::Headers& fields : hints) attempt_.on_early_hints(fields);
  }
  return seen;
}

std::unique_ptr<Answer> Exchange::make_answer() {
  auto answer = std::make_unique<Answer>();
  answer->version = http::Version::Http2;
  const bool has_body = connection_->look([&](const Session&) {
    Head& head = *stream_->in.head;
    answer->status = *head.status;
    answer->headers = std::move(head.fields);
    const bool may_have_one = attempt_.method != http::Method::Head && http::allows_body(answer->status);
    return may_have_one && !(stream_->in.ended && stream_->in.unread == 0 && stream_->in.trailers.empty());
  });
  // What has none is let go of by the destructor.
  if (has_body) answer->body = std::make_unique<Body>(connection_, std::move(stream_), attempt_.timeouts.read);
  return answer;
}

Failure Exchange::fail(ErrorKind kind, Phase phase, std::string cause) const {
  return connection_->look([&](const Session& session) {
    return Failure{.kind = kind,
                   .phase = phase,
                   .cause = std::move(cause),
                   .sent = session.sent_of(*stream_),
                   .answered = stream_->in.begun};
  });
}

Failure Exchange::late(Phase phase, Patience patience, Duration step) const {
  // Whether the server is late, or gone, others on this connection want to know, too.
  connection_->change([this](Session& session) { session.doubt(*stream_); });
  if (patience.is_total) return fail(ErrorKind::TotalTimeout, phase, "its time is over");
  const bool writing = phase == Phase::Write;
  return fail(writing ? ErrorKind::WriteTimeout : ErrorKind::ReadTimeout, phase,
              (writing ? "nothing was taken for " : "nothing came for ") + in_seconds(step));
}

}  // namespace rondeau::client::http2
