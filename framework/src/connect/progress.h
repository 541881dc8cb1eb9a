// Progress: how far an attempt to connect has come, for the error where time runs out.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/connect/endpoint.h>

namespace rondeau::connect {

/// Lives in the frame that bounds the time; those below it write down what they do.
struct Progress {
  std::string target;
  ConnectPhase phase = ConnectPhase::Resolve;
  std::vector<ConnectError::Attempt> attempts = {};  ///< that failed
  std::vector<SocketAddress> under_way = {};

  /// "connect db.example:5432: <what>".
  ConnectError error(ConnectErrorKind kind, Error cause, std::string_view what) const {
    return {.kind = kind,
            .phase = phase,
            .cause = std::move(cause),
            .text = "connect " + target + ": " + std::string(what),
            .attempts = attempts};
  }
  ConnectError error(ConnectErrorKind kind, Error cause) const {
    const std::string what = cause.message();
    return error(kind, std::move(cause), what);
  }
};

}  // namespace rondeau::connect
