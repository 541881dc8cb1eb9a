#include "client/http1/exchange.h"

#include <optional>
#include <span>
#include <string>
#include <utility>

#include <rondeau/task/select.h>
#include <rondeau/time/timeout.h>

#include "client/http1/body.h"
#include "client/keep_alive.h"
#include "client/words.h"
#include "http/field_check.h"
#include "http/request_encoder.h"
#include "http/response_encoder.h"

namespace rondeau::client::http1 {
namespace {

constexpr std::size_t kRead = 16 * 1024;
// A body up to this size goes out with its head, in one write.
constexpr std::size_t kTogether = 16 * 1024;
// A peer that has stopped reading may have said why: how long that is waited for.
constexpr Duration kLastWords = std::chrono::seconds(1);

bool is_timeout(const rondeau::Error& error) noexcept {
  return error == Errc::TimedOut;
}

}  // namespace

Exchange::Exchange(Pool::Slot slot, const Attempt& attempt, const Way& way) noexcept
    : slot_(std::move(slot)), attempt_(attempt), way_(way), connection_(**slot_) {}

task::Task<Result<std::unique_ptr<Answer>, Failure>> Exchange::ask() {
  connection_.place.get_up();
  connection_.state = Connection::State::Busy;
  Result<void, Failure> reached = co_await reach_head();
  if (!reached) co_return std::move(reached).error();
  co_return make_answer();
}

task::Task<Result<void, Failure>> Exchange::reach_head() {
  encode_head();
  Result<bool, Failure> pushed = push();
  if (!pushed) co_return co_await last_words(std::move(pushed).error());
  if (attempt_.expect_continue && !attempt_.body.is_none()) {
    const Result<bool, Failure> is_answered = co_await await_permission();
    if (!is_answered) co_return is_answered.error();
    if (*is_answered) co_return Result<void, Failure>();
    pushed = false;
  }
  if (!*pushed) {
    task::Task<Result<void, Failure>> sending = send_rest();
    task::Task<Result<void, Failure>> receiving = receive_head();
    auto first = co_await task::select(receiving, sending).biased();
    if (first.is<0>()) {
      // It has heard enough: what is left is not sent, and the connection cannot be used again.
      co_await task::cancel(sending);
      co_return std::move(first.get<0>());
    }
    // Its wait was for a peer that owed us nothing yet. What it has read stays.
    co_await task::cancel(receiving);
    if (Result<void, Failure>& sent = first.get<1>(); !sent) co_return co_await last_words(std::move(sent).error());
  }
  co_return co_await receive_head();
}

void Exchange::encode_head() {
  const RequestBody& body = attempt_.body;
  http::RequestStart start{.method = attempt_.method, .target = attempt_.url.path_and_query(), .host = attempt_.host};
  if (!body.is_none()) {
    start.framing = body.length() ? http::BodyFraming::Length : http::BodyFraming::Chunked;
    start.length = body.length().value_or(0);
    start.expect_continue = attempt_.expect_continue;
  }
  std::string absolute;
  std::optional<crypto::Secret<std::string>> login;
  if (way_.absolute_target) {
    // Target and Host say the same (RFC 9112 §3.2).
    absolute = "http://" + std::string(attempt_.host) + std::string(start.target);
    start.target = absolute;
    login = way_.proxy->authorization();
    if (login) start.proxy_authorization = login->reveal();
  }
  http::encode_request_head(connection_.output, start, attempt_.fields);
  if (body.bytes() == nullptr) return;
  unsent_ = body.bytes()->view();
  if (attempt_.expect_continue || unsent_.size() > kTogether) return;
  connection_.output.append(std::exchange(unsent_, {}));
}

Result<bool, Failure> Exchange::push() {
  // What is encrypted may be on its way when the stream says that it takes no more.
  if (connection_.is_encrypted) sent_ = Sent::Maybe;
  const Result<std::size_t> count = connection_.stream->try_write(std::as_bytes(std::span(connection_.output.view())));
  if (!count) {
    if (count.error() == Errc::WouldBlock) return false;
    return broken(Phase::Write, count.error());
  }
  if (*count > 0) sent_ = Sent::Maybe;
  connection_.output.consume(*count);
  if (!connection_.output.empty() || !unsent_.empty() || is_stream()) return false;
  upload_ = Upload::Done;
  sent_ = Sent::Yes;
  return true;
}

task::Task<Result<void, Failure>> Exchange::send_rest() {
  Result<void, Failure> done = co_await drain_output();
  if (done && is_stream()) done = co_await send_stream();
  if (done && !is_stream()) done = co_await write_all(unsent_);
  if (done) {
    upload_ = Upload::Done;
    sent_ = Sent::Yes;
  }
  co_return done;
}

task::Task<Result<void, Failure>> Exchange::send_stream() {
  Result<std::unique_ptr<http::BodySource>> source = attempt_.body.open();
  if (!source) co_return fail(ErrorKind::BodyNotReplayable, Phase::Write, source.error().message());
  const bool chunked = !attempt_.body.length();
  for (;;) {
    Result<Bytes> piece = co_await (*source)->next();
    if (!piece) co_return fail(ErrorKind::InvalidRequest, Phase::Write, "its body: " + piece.error().message());
    if (piece->empty()) break;
    if (chunked) http::append_chunk(connection_.output, piece->view());
    Result<void, Failure> sent = chunked ? co_await drain_output() : co_await write_all(piece->view());
    if (!sent) co_return sent;
  }
  if (!chunked) co_return Result<void, Failure>();
  http::append_last_chunk(connection_.output, (*source)->trailers());
  co_return co_await drain_output();
}

task::Task<Result<void, Failure>> Exchange::drain_output() {
  Result<void, Failure> written = co_await write_all(connection_.output.view());
  connection_.output.clear();
  co_return written;
}

task::Task<Result<void, Failure>> Exchange::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const Patience patience = Patience::of(attempt_.timeouts.write, attempt_.deadline);
    const Result<std::size_t> count =
        co_await time::timeout_at(patience.end, connection_.stream->write_some(std::as_bytes(std::span(bytes))));
    if (!count && is_timeout(count.error())) co_return late(Phase::Write, patience, attempt_.timeouts.write);
    if (!count) co_return broken(Phase::Write, count.error());
    sent_ = Sent::Maybe;
    bytes.remove_prefix(*count);
  }
  co_return Result<void, Failure>();
}

task::Task<Result<void, Failure>> Exchange::last_words(Failure failure) {
  upload_ = Upload::Failed;
  if (failure.kind != ErrorKind::Connect) co_return failure;
  const auto heard = co_await time::timeout(kLastWords, receive_head());
  if (heard && *heard) co_return Result<void, Failure>();
  failure.answered = answered_;
  co_return failure;
}

task::Task<Result<bool, Failure>> Exchange::await_permission() {
  Result<void, Failure> flushed = co_await drain_output();
  if (!flushed) {
    Result<void, Failure> heard = co_await last_words(std::move(flushed).error());
    if (!heard) co_return std::move(heard).error();
    co_return true;
  }
  const Patience patience = Patience::of(attempt_.timeouts.expect, attempt_.deadline);
  for (;;) {
    Result<bool, Failure> complete = parse();
    if (!complete) co_return std::move(complete).error();
    if (*complete) co_return true;
    if (told_to_go_on_) co_return false;
    Result<void, Failure> more = co_await read(patience);
    // RFC 9110 §10.1.1: who is not told goes on all the same.
    if (!more && more.error().kind == ErrorKind::ReadTimeout) co_return false;
    if (!more) co_return std::move(more).error();
  }
}

task::Task<Result<void, Failure>> Exchange::receive_head() {
  for (;;) {
    Result<bool, Failure> complete = parse();
    if (!complete) co_return std::move(complete).error();
    if (*complete) co_return Result<void, Failure>();
    // As long as the request is on its way the peer owes us nothing.
    const Patience patience = upload_ == Upload::UnderWay
                                  ? Patience{attempt_.deadline, true}
                                  : Patience::of(attempt_.timeouts.read, attempt_.deadline);
    if (auto more = co_await read(patience); !more) co_return more;
  }
}

Result<bool, Failure> Exchange::parse() {
  for (;;) {
    if (connection_.input.empty()) return false;
    switch (connection_.parser.parse_head(connection_.input.view(), attempt_.method, connection_.head)) {
      case http::ResponseParser::Status::More:
        return false;
      case http::ResponseParser::Status::Refused:
        return refused();
      case http::ResponseParser::Status::Head:
        if (!http::is_informational(connection_.head.status)) return true;
        if (connection_.head.status == http::StatusCode::SwitchingProtocols && attempt_.upgrade) {
          if (auto checked = check_switch(); !checked) return std::move(checked).error();
          return true;
        }
        if (auto taken = take_interim(); !taken) return std::move(taken).error();
    }
  }
}

Result<void, Failure> Exchange::take_interim() {
  const http::ResponseHead& head = connection_.head;
  if (head.status == http::StatusCode::SwitchingProtocols) {
    return fail(ErrorKind::Protocol, Phase::Head, "it switches to a protocol that nobody asked for");
  }
  if (++interim_ > attempt_.limits.interim) {
    return fail(ErrorKind::Protocol, Phase::Head,
                "more than " + std::to_string(attempt_.limits.interim) + " informational answers");
  }
  if (head.status == http::StatusCode::Continue) told_to_go_on_ = true;
  if (head.status == http::StatusCode::EarlyHints && attempt_.on_early_hints) {
    attempt_.on_early_hints(own_fields(head));
  }
  connection_.input.consume(head.length);
  connection_.parser.next();
  return {};
}

/// What stands behind the head is another protocol, so nothing about it may be in doubt.
Result<void, Failure> Exchange::check_switch() {
  const http::ResponseHead& head = connection_.head;
  const bool has_framing = std::ranges::any_of(head.fields, [](const http::HeadField& field) {
    return field.id == http::HeaderName::ContentLength || field.id == http::HeaderName::TransferEncoding;
  });
  std::string_view why;
  if (head.version != http::Version::Http11) why = "it switches the protocol in HTTP/1.0";
  if (has_framing) why = "it switches the protocol, and has a body";
  if (upload_ != Upload::Done) why = "it switches the protocol before it has the request";
  if (why.empty()) return {};
  return fail(ErrorKind::Protocol, Phase::Head, std::string(why));
}

task::Task<Result<void, Failure>> Exchange::read(Patience patience) {
  const std::span<char> room = connection_.input.room(kRead);
  const Result<std::size_t> count =
      co_await time::timeout_at(patience.end, connection_.stream->read_some(std::as_writable_bytes(room)));
  if (!count && is_timeout(count.error())) co_return late(Phase::Head, patience, attempt_.timeouts.read);
  if (!count) co_return broken(Phase::Head, count.error());
  if (*count == 0) co_return broken(Phase::Head, rondeau::Error(Errc::UnexpectedEof));
  answered_ = true;
  connection_.input.commit(*count);
  co_return Result<void, Failure>();
}

std::unique_ptr<Answer> Exchange::make_answer() {
  const http::ResponseHead& head = connection_.head;
  auto answer = std::make_unique<Answer>();
  answer->status = head.status;
  answer->version = head.version;
  answer->headers = own_fields(head);
  connection_.input.consume(head.length);
  if (head.status == http::StatusCode::SwitchingProtocols) {
    answer->switched = switch_over();
    return answer;
  }
  const bool reusable = head.keep_alive && upload_ == Upload::Done;
  if (const auto keeps = answer->headers.get(http::HeaderName::KeepAlive)) {
    if (const auto span = idle_time_of(*keeps)) slot_.limit_idle(*span);
  }
  answer->body = Body::begin(std::move(slot_), connection_, reusable, attempt_.timeouts.read);
  return answer;
}

/// The pool has room for another one from now on.
Switched Exchange::switch_over() {
  const ConnectionPtr connection = std::move(slot_).take();
  return {.stream = std::move(connection->stream), .read_ahead = std::string(connection->input.view())};
}

Failure Exchange::fail(ErrorKind kind, Phase phase, std::string cause) noexcept {
  return {.kind = kind, .phase = phase, .cause = std::move(cause), .sent = sent_, .answered = answered_};
}

Failure Exchange::refused() noexcept {
  const http::RefusalReason reason = connection_.parser.refusal();
  const bool too_large = reason == http::RefusalReason::HeadTooLong || reason == http::RefusalReason::TooManyFields;
  if (too_large) return fail(ErrorKind::TooLarge, Phase::Head, "the head of its answer: " + describe(reason));
  return fail(ErrorKind::Protocol, Phase::Head,
              "no answer of HTTP/1.1 (" + describe(reason) + "): \"" + excerpt(connection_.input.view()) + '"');
}

Failure Exchange::broken(Phase phase, const rondeau::Error& error) noexcept {
  if (error == Errc::InvalidData) return fail(ErrorKind::Tls, phase, error.message());
  if (phase == Phase::Head && connection_.parser.started()) {
    return fail(ErrorKind::Protocol, phase, "the connection ended within the head of its answer");
  }
  std::string cause = error == Errc::UnexpectedEof ? "the connection was closed before it was answered" : error.message();
  return fail(ErrorKind::Connect, phase, std::move(cause));
}

Failure Exchange::late(Phase phase, Patience patience, Duration step) {
  if (patience.is_total) return fail(ErrorKind::TotalTimeout, phase, "its time is over");
  const bool writing = phase == Phase::Write;
  return fail(writing ? ErrorKind::WriteTimeout : ErrorKind::ReadTimeout, phase,
              (writing ? "nothing was taken for " : "nothing came for ") + in_seconds(step));
}

}  // namespace rondeau::client::http1
