// One request: from its head to its answer.
#include <algorithm>
#include <utility>

#include "server/exchange.h"
#include "server/in_flight.h"
#include "server/refusals.h"

namespace rondeau::server {

handler::ResponseFuture& Exchange::start_handler() {
  if (body_.failed()) {
    answer_.set(http::Response());  // append_answer() puts the refusal there
    return answer_;
  }
  Shared& server = connection_->server();
  if (connection_->tls() != nullptr && !connection_->answers_for(http::Request(block_).authority())) {
    answer_.set(refuse(http::StatusCode::MisdirectedRequest, "not-the-host-of-this-connection"));
    return answer_;
  }
  try {
    server.dispatcher->handle(http::Request(block_), answer_);
    // Who answers at once is served in any case; who is going to wait has not begun.
    if (!answer_.is_ready() && server.in_flight.load(std::memory_order_relaxed) >= server.max_in_flight) shed();
  } catch (...) {
    answer_.set(caught(http::Request(block_)));
  }
  return answer_;
}

void Exchange::shed() {
  discard(std::move(answer_).into_task());
  http::Response overloaded = refuse(http::StatusCode::ServiceUnavailable, "overloaded");
  overloaded.header(http::HeaderName::RetryAfter, "1");
  answer_.set(std::move(overloaded));
}

task::Task<bool> Exchange::finish_handler(handler::ResponseFuture& answer) {
  const CountedInFlight counted(connection_->server(), counted_in_flight_);
  restart_handler_clock();
  began_ = Instant::now();
  try {
    auto done = co_await time::supervise(supervision(handler_deadline_), std::move(answer).into_task());
    if (done) {
      answer.set(*std::move(done));
      co_return true;
    }
    if (done.error() == time::Cut::PeerLeft) co_return false;
    answer.set(refuse(http::StatusCode::ServiceUnavailable, "the handler did not answer in time"));
  } catch (...) {
    answer.set(caught(http::Request(block_)));
  }
  co_return true;
}

http::Response Exchange::refuse_head(http::StatusCode status, std::string_view reason) {
  // What came so far may be no request at all: the answer is made without looking at it, but for whether it has a body.
  const std::string_view came = input_.view();
  const std::string_view line = came.substr(std::min(came.find_first_not_of("\r\n"), came.size()));
  block_.head.method = line.starts_with("HEAD ") ? http::Method::Head : http::Method::Get;
  block_.head.version = http::Version::Http11;
  block_.head.keep_alive = true;
  head_deadline_.reset();
  return server::refuse(connection_->server(), connection_->peer(), nullptr, status, reason);
}

http::Response Exchange::refuse_head() {
  const http::Refusal& refusal = parser_.refusal();
  if (refusal.close) return refuse_head(refusal.status, to_string(refusal.reason));
  head_deadline_.reset();
  input_.consume(block_.head.length);
  return server::refuse(connection_->server(), connection_->peer(), nullptr, refusal.status, to_string(refusal.reason));
}

http::Response Exchange::refuse(http::StatusCode status, std::string_view reason) {
  return server::refuse(connection_->server(), connection_->peer(), &block_, status, reason);
}

time::Supervision Exchange::supervision(const Instant& deadline) noexcept {
  return {connection_->stream(), connection_->alarm(), deadline, limits_.half_close_grace, *this};
}

}  // namespace rondeau::server
