// One request: from its head to its answer.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

#include <rondeau/middleware/request_id.h>
#include <rondeau/response/problem.h>
#include <rondeau/response/unhandled.h>
#include <rondeau/server/serve.h>

#include "server/exchange.h"

namespace rondeau::server {
namespace {

/// The router's Catch layer was taken away: the last place where an exception can become an answer.
http::Response caught(const http::Request& request) {
  response::print_unhandled(request, response::describe_exception(std::current_exception()));
  return response::unhandled_response(request);
}

}  // namespace

void Exchange::begin_request() {
  head_deadline_.reset();
  input_.consume(block_.head.length);
  connection_->describe(block_);
  body_.begin();
}

handler::ResponseFuture Exchange::start_handler() {
  if (body_.failed()) return handler::ResponseFuture(http::Response());  // append_answer() puts the refusal there
  Shared& server = connection_->server();
  if (connection_->tls() != nullptr && !connection_->answers_for(http::Request(block_).authority())) {
    return handler::ResponseFuture(refuse(http::StatusCode::MisdirectedRequest, "not-the-host-of-this-connection"));
  }
  try {
    handler::ResponseFuture answer = server.dispatcher->handle(http::Request(block_));
    // Who answers at once is served in any case; who is going to wait has not begun.
    const bool full = server.in_flight.load(std::memory_order_relaxed) >= server.max_in_flight;
    if (!full || answer.is_ready()) return answer;
    http::Response overloaded = refuse(http::StatusCode::ServiceUnavailable, "overloaded");
    overloaded.header(http::HeaderName::RetryAfter, "1");
    return handler::ResponseFuture(std::move(overloaded));
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
  return refuse(status, reason, true);
}

http::Response Exchange::refuse_head() {
  const http::Refusal& refusal = parser_.refusal();
  if (refusal.close) return refuse_head(refusal.status, to_string(refusal.reason));
  head_deadline_.reset();
  input_.consume(block_.head.length);
  return refuse(refusal.status, to_string(refusal.reason), true);
}

http::Response Exchange::refuse(http::StatusCode status, std::string_view reason, bool head_is_bad) {
  http::RequestBlock nothing;
  nothing.head.base = "";
  http::RequestBlock& about = head_is_bad ? nothing : block_;
  if (about.request_id.empty()) about.request_id = middleware::make_request_id().to_string();
  const http::Request request(about);
  http::Response response = response::Problem(status, std::string(reason)).into_response(request);
  response.header(http::HeaderName::XRequestId, about.request_id);
  if (const auto tell = connection_->server().on_refused; tell != nullptr) {
    tell({status, reason, head_is_bad ? nullptr : &request, connection_->peer(), about.request_id});
  }
  return response;
}

time::Supervision Exchange::supervision(const Instant& deadline) noexcept {
  return {connection_->stream(), connection_->alarm(), deadline, limits_.half_close_grace, *this};
}

}  // namespace rondeau::server
