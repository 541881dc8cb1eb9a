// TestOptions: over what a TestApp is asked, and how kindly.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <rondeau/http/limits.h>

namespace rondeau::testing {

class Contract;

/// What lies between a TestApp and who asks it. The clock is the test's own over each of them.
enum class Transport : std::uint8_t {
  Memory,  ///< streams in this process
  Tcp,     ///< sockets of 127.0.0.1
  Unix,    ///< sockets without a file
  Tls,     ///< TLS over Tcp, with a certificate made on the spot
};

/// The one that RONDEAU_TEST_TRANSPORT names: memory, tcp, unix or tls. Memory where it is unset; another name throws
/// std::runtime_error.
Transport transport_of_environment();

/// The number in RONDEAU_TEST_SEED; nullopt where it is unset. "random" draws one for this process and tells it on
/// standard error, so that a failure can be met again. What is neither throws std::runtime_error.
std::optional<std::uint64_t> seed_of_environment();

struct TestOptions {
  http::Limits limits = {};
  Transport transport = transport_of_environment();
  /// Where set, what the service reads and writes is cut into pieces and put off as this number says, the same in each
  /// run: nothing may depend on how bytes arrive.
  std::optional<std::uint64_t> seed = seed_of_environment();
  /// Where set, TestRequest::send() throws std::runtime_error for an answer that it does not allow.
  std::shared_ptr<Contract> contract = {};
};

}  // namespace rondeau::testing
