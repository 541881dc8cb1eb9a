// random_token: text that grants access to whoever has it.
#pragma once

#include <cstddef>
#include <string>

namespace rondeau::crypto {

/// Random bytes in base64url, 43 characters for 32. For identifiers of sessions, API keys, links that log in.
///
/// The bytes are the driver's: getrandom(2), or the seed's in a simulation. At least 16 of them (asserted).
std::string random_token(std::size_t bytes = 32);

}  // namespace rondeau::crypto

namespace rondeau {
using crypto::random_token;
}  // namespace rondeau
