// One request: from its head to its answer.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

#include <rondeau/response/problem.h>
#include <rondeau/response/unhandled.h>

#include "server/exchange.h"

namespace rondeau::server {
namespace {

http::Response overloaded(const http::Request& request) {
  return response::Problem(http::StatusCode::ServiceUnavailable)
      .header(http::HeaderName::RetryAfter, "1")
      .into_response(request);
}

/// The router's Catch layer was taken away: the last place where an exception can become an answer.
http::Response caught(const http::Request& request) {
  response::print_unhandled(request, response::describe_exception(std::current_exception()));
  return response::unhandled_response(request);
}

}  // namespace

void Exchange::begin_request() {
  head_deadline_.reset();
  input_.consume(block_.head.length);
  block_.peer = connection_->peer();
  body_.begin();
}

handler::ResponseFuture Exchange::start_handler() {
  if (body_.failed()) return handler::ResponseFuture(http::Response());  // append_answer() puts the refusal there
  Shared& server = connection_->server();
  try {
    handler::ResponseFuture answer = server.dispatcher->handle(http::Request(block_));
    // Who answers at once is served in any case; who is going to wait has not begun.
    const bool full = server.in_flight.load(std::memory_order_relaxed) >= server.max_in_flight;
    if (full && !answer.is_ready()) return handler::ResponseFuture(overloaded(http::Request(block_)));
    return answer;
  } catch (...) {
    return handler::ResponseFuture(caught(http::Request(block_)));
  }
}

task::Task<bool> Exchange::finish_handler(handler::ResponseFuture& answer) {
  const CountedInFlight counted(*this);
  restart_handler_clock();
  try {
    auto done = co_await time::supervise(supervision(handler_deadline_), std::move(answer).into_task());
    if (done) {
      answer.set(*std::move(done));
      co_return true;
    }
    if (done.error() == time::Cut::PeerLeft) co_return false;
    answer.set(response::Problem(http::StatusCode::ServiceUnavailable, "the handler did not answer in time")
                   .into_response(http::Request(block_)));
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
  return problem(status, reason);
}

http::Response Exchange::refuse_head() {
  const http::Refusal& refusal = parser_.refusal();
  if (refusal.close) return refuse_head(refusal.status, to_string(refusal.reason));
  head_deadline_.reset();
  input_.consume(block_.head.length);
  return problem(refusal.status, to_string(refusal.reason));
}

http::Response Exchange::problem(http::StatusCode status, std::string_view reason) const {
  http::RequestBlock nothing;
  nothing.head.base = "";
  return response::Problem(status, std::string(reason)).into_response(http::Request(nothing));
}

time::Supervision Exchange::supervision(const Instant& deadline) noexcept {
  return {connection_->stream(), connection_->alarm(), deadline, limits_.half_close_grace, *this};
}

}  // namespace rondeau::server
