// A certificate for as long as a test runs, and a client that takes it.
#pragma once

#include <rondeau/tls/client_config.h>
#include <rondeau/tls/server_config.h>

namespace rondeau::testing {

struct ThrowawayIdentity {
  tls::ServerConfig server;
  tls::ClientConfig client;
};

/// Made at the first call. Throws std::runtime_error where OpenSSL refuses. Thread safety: any thread.
const ThrowawayIdentity& throwaway_identity();

}  // namespace rondeau::testing
