// The life of a connection: idle, a burst of requests, idle again, until one side ends it.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
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
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  ~Loan() {
    connection_.set_in_request(stays_busy_);
    give_back(std::move(exchange_));
  }
  Exchange& operator*() const noexcept { return *exchange_; }
  /// What follows is no waiting for the next request.
  void leave_busy() noexcept { stays_busy_ = true; }

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

/// Answers what has come, in order; many answers go out in one write.
/// What ends it may leave something: `upgraded`, or `early` bytes of HTTP/2.
task::Task<Next> serve_requests(Connection& connection, std::unique_ptr<Upgraded>& upgraded, std::string& early) {
  Loan loan(connection);
  Exchange& exchange = *loan;
  bool came = false;  // a new socket counts as readable before anything has come
  for (;;) {
    Head head = exchange.next_head();
    while (head == Head::Incomplete) {
      Received received = exchange.receive();
      came = came || received == Received::Bytes;
      if (received == Received::Nothing) {
        const bool idle = exchange.is_quiet() && exchange.push() && !exchange.broken();
        if (!idle) received = co_await wait_for_head(exchange);
        if (received == Received::Nothing) {
          if (came) connection.be_idle();
          co_return Next::Idle;
        }
      }
      if (received == Received::TooLate) {
        const http::StatusCode status = http::StatusCode::RequestTimeout;
        co_await answer_refusal(exchange, exchange.refuse_head(status, "head-too-slow"), false);
        co_return co_await close_after(exchange);
      }
      if (received == Received::End) {
        co_await exchange.flush();
        co_return Next::Close;
      }
      head = exchange.next_head();
    }
    if (head == Head::Http2) {
      early = exchange.input().view();
      co_return Next::Http2;
    }
    if (head == Head::Refused) {
      const bool goes_on = exchange.goes_on_after_refusal();
      if (!co_await answer_refusal(exchange, exchange.refuse_head(), goes_on)) co_return co_await close_after(exchange);
    } else {
      exchange.begin_request();
      handler::ResponseFuture& answer = exchange.start_handler();
      if (!answer.is_ready() && !co_await exchange.finish_handler(answer)) co_return Next::Close;
      AfterAnswer after(connection.server(), answer.response());
      if (!exchange.append_answer(answer.response())) co_await exchange.finish_answer(answer.response());
      if (exchange.is_upgrade()) {
        co_await exchange.flush();
        if (exchange.broken()) co_return Next::Close;
        upgraded = exchange.take_upgraded();
        loan.leave_busy();
        co_return Next::Upgraded;
      }
      if (after.has_work()) {
        co_await exchange.flush();
        after.begin();
      }
      if (!exchange.next_request()) co_return co_await close_after(exchange);
    }
    if (exchange.batch_is_full()) {
      if (!exchange.push()) co_await exchange.flush();
      exchange.new_batch();
      co_await task::yield_now();
    }
  }
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
    std::string early;
    const Next next = co_await serve_requests(connection, upgraded, early);
    if (next == Next::Upgraded) co_await run_upgraded(connection, std::move(upgraded));
#ifdef RONDEAU_HTTP2
    if (next == Next::Http2) co_await http2::serve_connection(connection, std::move(early));
#endif
    if (next != Next::Idle) break;
  }
  connection.say_goodbye();
}

}  // namespace rondeau::server
