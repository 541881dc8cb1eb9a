// Upgrade: what takes a connection over when HTTP is done with it (RFC 9110 §7.8). Asked for by Response::upgrade().
#pragma once

#include <string>

#include <rondeau/io/stream.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/task/task.h>

namespace rondeau::http {

/// What stays of a request after its upgrade: bytes both ways. Implemented by those who serve.
///
/// Over HTTP/1.1 it is the connection itself, over HTTP/2 one stream of it (RFC 8441). Thread safety: one task, but as
/// its stream says.
class UpgradedStream {
 public:
  virtual ~UpgradedStream() = default;

  /// Behind what take_read_ahead() gives. Lifetime: this object's.
  virtual io::Stream& stream() noexcept = 0;
  /// What the peer sent behind the head and was read with it; empty when called again.
  virtual std::string take_read_ahead() noexcept = 0;
  /// Cancelled when the server drains: time to come to an end.
  virtual const sync::CancellationToken& draining() const noexcept = 0;
  /// The end that follows drops what is unsent, and does not wait for the peer to read it.
  virtual void abort() noexcept = 0;
};

/// A protocol that begins where an answer with 101 ends.
class Upgrade {
 public:
  virtual ~Upgrade() = default;
  /// Runs once, when the head of the answer is sent; the server ends the stream behind it.
  ///
  /// Cancellation: may happen anywhere; the connection is closed. An exception that comes out is printed.
  virtual task::Task<void> run(UpgradedStream& stream) = 0;
};

}  // namespace rondeau::http
