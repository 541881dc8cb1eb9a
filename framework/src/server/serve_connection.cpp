// The life of a connection: idle, a burst of requests, idle again, until one side ends it.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/response/unhandled.h>
#include <rondeau/task/yield_now.h>
#include <rondeau/time/readable_by.h>
#include <rondeau/tls/stream.h>

#ifdef RONDEAU_HTTP2
#include "http2/connection.h"
#endif
#include "server/after_answer.h"
#include "server/connection.h"
#include "server/exchange.h"
#include "server/handshake.h"
#include "server/proxied.h"

namespace rondeau::server {
namespace {

enum class Next : std::uint8_t { Close, Idle, Upgraded, Http2 };

/// Holds an exchange for a burst of requests.
class Loan {
 public:
  explicit Loan(Connection& connection) : exchange_(borrow_exchange(connection.server())), connection_(connection) {
    exchange_->attach(connection);
    connection.set_in_request(true);
  }
  Loan(Loan&&) = default;
  Loan& operator=(Loan&&) = delete;
  ~Loan() {
    if (exchange_) end();
  }
  Exchange& operator*() const noexcept { return *exchange_; }
  /// What follows is no waiting for the next request.
  void leave_busy() noexcept { stays_busy_ = true; }
  void end() noexcept {
    connection_.set_in_request(stays_busy_);
    give_back(std::move(exchange_));
  }

 private:
  std::unique_ptr<Exchange> exchange_;
  Connection& connection_;
  bool stays_busy_ = false;
};

task::Task<Next> close_after(Exchange& exchange) {
  co_await exchange.flush();
  if (!exchange.broken()) co_await exchange.linger();
  co_return Next::Close;
}

/// A message nobody can serve. False: nothing behind it is read.
task::Task<bool> answer_refusal(Exchange& exchange, http::Response response, bool goes_on) {
  exchange.look_at_clock();
  if (!goes_on) exchange.close_after_this();
  if (!exchange.append_answer(response)) co_await exchange.finish_answer(response);
  co_return exchange.next_request();
}

/// More of a head, after all that is finished has been sent. Nothing: no head has begun.
task::Task<Received> wait_for_head(Exchange& exchange) {
  if (!exchange.push()) co_await exchange.flush();
  if (exchange.broken()) co_return Received::End;
  if (exchange.is_quiet()) co_return Received::Nothing;
  co_return co_await exchange.receive_more_of_head();
}

/// Gives the answer that is there. Next::Idle: the connection goes on.
task::Task<Next> give_answer(Exchange& exchange) {
  exchange.look_at_clock();
  http::Response& response = exchange.answer().response();
  AfterAnswer after(exchange.connection().server(), response);
  if (!exchange.append_answer(response)) co_await exchange.finish_answer(response);
  if (exchange.is_upgrade()) {
    co_await exchange.flush();
    co_return exchange.broken() ? Next::Close : Next::Upgraded;
  }
  if (after.has_work()) {
    co_await exchange.flush();
    after.begin();
  }
  co_return exchange.next_request() ? Next::Idle : co_await close_after(exchange);
}

/// Goes on where the connection has to wait, until it is idle or over.
/// What ends it may leave something: `upgraded`, or `early` bytes of HTTP/2.
task::Task<Next> serve_requests(Loan loan, Stop stop, std::unique_ptr<Upgraded>& upgraded, std::string& early) {
  Exchange& exchange = *loan;
  for (;; stop = exchange.serve_at_once()) {
    Next next = Next::Idle;
    switch (stop) {
      case Stop::Idle:
        co_return Next::Idle;
      case Stop::Head:
        switch (co_await wait_for_head(exchange)) {
          case Received::Bytes:
            break;
          case Received::Nothing:
            exchange.look_at_clock();
            exchange.be_idle();
            co_return Next::Idle;
          case Received::TooLate: {
            const http::StatusCode status = http::StatusCode::RequestTimeout;
            co_await answer_refusal(exchange, exchange.refuse_head(status, "head-too-slow"), false);
            co_return co_await close_after(exchange);
          }
          case Received::End:
            co_await exchange.flush();
            co_return Next::Close;
        }
        continue;
      case Stop::End:
        co_await exchange.flush();
        co_return Next::Close;
      case Stop::Http2:
        early = exchange.input().view();
        co_return Next::Http2;
      case Stop::Refused: {
        const bool goes_on = exchange.goes_on_after_refusal();
        if (!co_await answer_refusal(exchange, exchange.refuse_head(), goes_on)) next = co_await close_after(exchange);
        break;
      }
      case Stop::Handler:
        if (!co_await exchange.finish_handler(exchange.answer())) co_return Next::Close;
        [[fallthrough]];
      case Stop::Answer:
        next = co_await give_answer(exchange);
        break;
      case Stop::Rest:
        co_await exchange.finish_answer(exchange.answer().response());
        if (!exchange.next_request()) next = co_await close_after(exchange);
        break;
      case Stop::Close:
        co_return co_await close_after(exchange);
      case Stop::Turn:
        break;
    }
    if (next == Next::Upgraded) {
      upgraded = exchange.take_upgraded();
      loan.leave_busy();
    }
    if (next != Next::Idle) co_return next;
    if (exchange.batch_is_full()) {
      if (!exchange.push()) co_await exchange.flush();
      exchange.new_batch();
      co_await task::yield_now();
    }
  }
}

/// Answers what can be answered at once. Of what has to wait, the exchange is left. Not inlined: what it uses would lie
/// in the frame of each idle connection.
[[gnu::noinline]] std::optional<Loan> serve_at_once(Connection& connection, Stop& stop) {
  Loan loan(connection);
  stop = (*loan).serve_at_once();
  return stop == Stop::Idle ? std::nullopt : std::optional<Loan>(std::move(loan));
}

/// Another protocol's life. Nothing is lent out meanwhile.
task::Task<void> run_upgraded(Connection& connection, std::unique_ptr<Upgraded> upgraded) {
  try {
    co_await upgraded->upgrade().run(*upgraded);
  } catch (...) {
    const std::string what = response::describe_exception(std::current_exception());
    std::fprintf(stderr, "rondeau: an exception left an upgraded connection: %s\n", what.c_str());
  }
  if (upgraded->aborted()) {
    connection.reset_on_close();
    co_return;
  }
  upgraded.reset();
  const Loan loan(connection);
  co_await (*loan).linger();
}

/// TLS comes first. False: the connection is over.
task::Task<bool> secure(Connection& connection) {
  const Handshake handshake = co_await shake_hands(connection);
  if (handshake == Handshake::Done) {
    connection.restart_first_byte();
    co_return true;
  }
  if (handshake == Handshake::TooLate) co_return false;
  const std::string said(connection.tls()->plain_text());
  connection.drop_tls();
  const Loan loan(connection);
  Exchange& exchange = *loan;
  if (handshake == Handshake::PlainText) {
    exchange.take_as_received(said);
    co_await answer_refusal(exchange, exchange.refuse_head(http::StatusCode::BadRequest, "http-on-an-https-port"),
                            false);
  }
  co_await close_after(exchange);
  co_return false;
}

}  // namespace

task::Task<void> serve_connection(std::unique_ptr<Connection> owned, bool move_here) {
  Connection& connection = *owned;
  if (!connection.settle(move_here)) co_return;
  if (connection.is_proxied() && !co_await read_proxy_header(connection)) co_return;
  if (connection.tls() != nullptr && !co_await secure(connection)) co_return;
#ifdef RONDEAU_HTTP2
  if (connection.alpn() == "h2") {
    co_await http2::serve_connection(connection, {});
    co_return connection.say_goodbye();
  }
#endif
  std::unique_ptr<Upgraded> upgraded;
  // While it waits here nothing is lent out.
  while (co_await time::readable_by(connection.stream(), connection.alarm(), connection.idle_until())) {
    Stop stop = Stop::Idle;
    std::optional<Loan> loan = serve_at_once(connection, stop);
    if (!loan) continue;
    std::string early;
    const Next next = co_await serve_requests(*std::move(loan), stop, upgraded, early);
    if (next == Next::Upgraded) co_await run_upgraded(connection, std::move(upgraded));
#ifdef RONDEAU_HTTP2
    if (next == Next::Http2) co_await http2::serve_connection(connection, std::move(early));
#endif
    if (next != Next::Idle) break;
  }
  connection.say_goodbye();
}

}  // namespace rondeau::server
