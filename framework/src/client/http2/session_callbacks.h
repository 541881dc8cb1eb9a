// How nghttp2 calls a Session.
#pragma once

#include <cstddef>
#include <cstdint>

#include <nghttp2/nghttp2.h>

namespace rondeau::client::http2 {

/// The same for every session; their user data is the Session.
const nghttp2_session_callbacks* session_callbacks();
/// Where the body of a request comes from; the source is its Stream.
ssize_t read_request(nghttp2_session* session, std::int32_t id, std::uint8_t* room, std::size_t size,
                     std::uint32_t* flags, nghttp2_data_source* source, void* user) noexcept;

}  // namespace rondeau::client::http2
