#include "server/handshake.h"

#include <chrono>
#include <utility>

#include <rondeau/sync/semaphore.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>
#include <rondeau/tls/stream.h>

namespace rondeau::server {
namespace {

/// So long a handshake keeps its place while its peer says nothing: then others have their turn.
constexpr std::chrono::milliseconds kTurn{250};

task::Task<Result<void>> take_turns(Connection& connection) {
  // Who says nothing takes no place.
  co_await connection.tls()->client_speaks();
  task::Task<Result<void>> handshake = connection.tls()->handshake();
  for (;;) {
    RONDEAU_TRY(const sync::SemaphorePermit permit, co_await connection.server().tls_handshakes.acquire());
    auto won = co_await task::select(handshake, time::sleep_for(kTurn)).biased();
    if (won.index() == 0) co_return std::move(won).template get<0>();
  }
}

}  // namespace

task::Task<Handshake> shake_hands(Connection& connection) {
  const Result<void> shaken = co_await time::timeout(connection.server().limits.tls_handshake, take_turns(connection));
  if (shaken) co_return Handshake::Done;
  if (shaken.error() == Errc::TimedOut) co_return Handshake::TooLate;
  co_return connection.tls()->plain_text().empty() ? Handshake::Failed : Handshake::PlainText;
}

}  // namespace rondeau::server
