// Contents in a coding, whole.
#pragma once

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/coding/decoder.h>
#include <rondeau/coding/encoder.h>

namespace support {

inline std::string encoded(rondeau::Coding coding, std::string_view content) {
  std::string out;
  REQUIRE(rondeau::coding::make_encoder(coding)->encode(content, rondeau::coding::Encoder::End::Finish, out));
  return out;
}

/// The content; "(malformed)", or "(cut)" in front of what came before the end.
inline std::string decoded(std::string_view coding, std::string_view input) {
  const auto decoder = rondeau::coding::make_decoder(rondeau::coding::coding_named(coding).value());
  std::string out;
  for (std::size_t before = 0;; before = out.size()) {
    if (!decoder->decode(input, 1 << 16, out)) return "(malformed)";
    if (out.size() < before + (1 << 16)) break;
  }
  return decoder->at_end() ? out : "(cut)" + out;
}

}  // namespace support
