// ClientHandshake: the client's half of a handshake (RFC 6455 §4.1): what a request says, and whether a 101 keeps to it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/limits.h>
#include <rondeau/websocket/options.h>
#include <rondeau/websocket/terms.h>

namespace rondeau::websocket {

/// No input or output. Thread safety: none.
class ClientHandshake {
 public:
  ClientHandshake(std::vector<std::string> subprotocols, const std::optional<Compression>& compression,
                  const http::WebSocketLimits& limits);

  /// Errors: InvalidArgument for a protocol that is no token, or is named twice.
  Result<void> check() const;
  /// Sets the fields of a request, with a key that no request has had before.
  void write(http::Headers& fields);
  /// Of the answer to the last request that was written; it is a 101 that has Upgrade and Connection as it should.
  ///
  /// Errors: InvalidData with what is not as we have asked for it.
  Result<void> judge(const http::Headers& answer);
  /// What was agreed on in an answer that was judged to be good.
  const Terms& terms() const noexcept { return terms_; }

 private:
  Result<std::string> judge_protocol(const http::Headers& answer) const;
  Result<std::optional<DeflateTerms>> judge_extensions(const http::Headers& answer) const;

  const std::vector<std::string> subprotocols_;
  const std::optional<Compression> compression_;  // nothing: it is not offered
  std::string key_;
  Terms terms_;
};

}  // namespace rondeau::websocket
