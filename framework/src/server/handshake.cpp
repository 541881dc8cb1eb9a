#include "server/handshake.h"

#include <rondeau/sync/semaphore.h>
#include <rondeau/time/timeout.h>
#include <rondeau/tls/stream.h>

namespace rondeau::server {
namespace {

task::Task<Result<void>> take_turn(Connection& connection) {
  // Who says nothing takes no place.
  co_await connection.tls()->client_speaks();
  RONDEAU_TRY(const sync::SemaphorePermit permit, co_await connection.server().tls_handshakes.acquire());
  co_return co_await connection.tls()->handshake();
}

}  // namespace

task::Task<Handshake> shake_hands(Connection& connection) {
  const Result<void> shaken = co_await time::timeout(connection.server().limits.tls_handshake, take_turn(connection));
  if (shaken) co_return Handshake::Done;
  if (shaken.error() == Errc::TimedOut) co_return Handshake::TooLate;
  co_return connection.tls()->plain_text().empty() ? Handshake::Failed : Handshake::PlainText;
}

}  // namespace rondeau::server
