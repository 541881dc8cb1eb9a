// What each library brings; a build without it has none of these.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <rondeau/coding/decoder.h>
#include <rondeau/coding/encoder.h>

namespace rondeau::coding {

#ifdef RONDEAU_ZLIB
std::unique_ptr<Encoder> make_zlib_encoder(Coding coding, int level);
std::unique_ptr<Decoder> make_zlib_decoder(Coding coding);
#endif
#ifdef RONDEAU_BROTLI
std::unique_ptr<Encoder> make_brotli_encoder(int level, std::optional<std::uint64_t> length);
std::unique_ptr<Decoder> make_brotli_decoder();
#endif
#ifdef RONDEAU_ZSTD
std::unique_ptr<Encoder> make_zstd_encoder(int level, std::optional<std::uint64_t> length);
std::unique_ptr<Decoder> make_zstd_decoder();
#endif

}  // namespace rondeau::coding
