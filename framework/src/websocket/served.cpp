#include <rondeau/websocket/served.h>

#include <cstdio>
#include <exception>
#include <utility>

#include <rondeau/response/unhandled.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

#include "websocket/connection.h"
#include "websocket/session.h"

namespace rondeau::websocket {
namespace {

void print_failed(std::string_view label, std::string_view what) {
  std::string line("rondeau: the WebSocket handler of ");
  line.append(label).append(" failed: ");
  for (char c : what.substr(0, 1024)) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

task::Task<void> serve_connection(http::UpgradedStream& upgraded, SessionPtr session) {
  co_await run_connection(upgraded, session);
  if (session->has_unsent()) {
    upgraded.abort();
  } else {
    // The handler may take its time; the peer need not wait for it.
    static_cast<void>(upgraded.stream().try_shutdown(io::How::Write));
  }
}

}  // namespace

task::Task<void> Served::run(http::UpgradedStream& stream) {
  const auto session = std::make_shared<Session>(terms_);
  const EndsSession guard(*session);
  task::Task<void> connection = serve_connection(stream, session);
  task::Task<void> handler = run_handler(session);
  auto first = co_await task::select(handler, connection).biased();
  if (first.index() == 0) {
    // Halves may be in other hands.
    co_await std::move(connection);
    co_return;
  }
  auto last = co_await task::select(handler, time::sleep_for(terms_.limits.close_handshake)).biased();
  if (last.index() == 1) co_await task::cancel(handler);
}

task::Task<void> Served::run_handler(SessionPtr session) {
  // Until it is known how the handler ended.
  const WriterHandle hold(session);
  try {
    const Result<void> ended = co_await call(session);
    if (ended) co_return;
    print_failed(terms_.label, ended.error().message());
  } catch (...) {
    print_failed(terms_.label, response::describe_exception(std::current_exception()));
  }
  session->begin_close({CloseCode::InternalError, {}});
}

}  // namespace rondeau::websocket
