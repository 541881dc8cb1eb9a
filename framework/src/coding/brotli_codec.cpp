// br, by libbrotli.
#ifdef RONDEAU_BROTLI

#include <brotli/decode.h>
#include <brotli/encode.h>

#include <algorithm>
#include <new>

#include <rondeau/base/assert.h>

#include "coding/libraries.h"

namespace rondeau::coding {
namespace {

/// 256 KiB: what an answer costs in memory while it is sent.
constexpr std::uint32_t kWindowBits = 18;

const std::uint8_t* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

class BrotliEncoder final : public Encoder {
 public:
  BrotliEncoder(int level, std::optional<std::uint64_t> length)
      : state_(::BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) throw std::bad_alloc();
    ::BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(level));
    std::uint32_t bits = kWindowBits;
    if (length) {
      // Tables and window no larger than the content needs.
      while (bits > BROTLI_MIN_WINDOW_BITS && (std::uint64_t{1} << (bits - 1)) > *length) --bits;
      const auto hint = static_cast<std::uint32_t>(std::min<std::uint64_t>(*length, 1U << 30));
      ::BrotliEncoderSetParameter(state_, BROTLI_PARAM_SIZE_HINT, hint);
    }
    ::BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, bits);
  }
  BrotliEncoder(const BrotliEncoder&) = delete;
  BrotliEncoder& operator=(const BrotliEncoder&) = delete;
  ~BrotliEncoder() override { ::BrotliEncoderDestroyInstance(state_); }

  Result<void> encode(std::string_view piece, End end, std::string& out) override {
    const BrotliEncoderOperation operation = end == End::None    ? BROTLI_OPERATION_PROCESS
                                             : end == End::Flush ? BROTLI_OPERATION_FLUSH
                                                                 : BROTLI_OPERATION_FINISH;
    std::size_t left = piece.size();
    const std::uint8_t* next = bytes_of(piece);
    do {
      std::size_t no_room = 0;
      if (!::BrotliEncoderCompressStream(state_, operation, &left, &next, &no_room, nullptr, nullptr)) {
        throw std::bad_alloc();
      }
      while (::BrotliEncoderHasMoreOutput(state_)) {
        std::size_t size = 0;
        const std::uint8_t* made = ::BrotliEncoderTakeOutput(state_, &size);
        out.append(reinterpret_cast<const char*>(made), size);
      }
    } while (left > 0 || (end == End::Finish && !::BrotliEncoderIsFinished(state_)));
    return {};
  }

 private:
  BrotliEncoderState* state_;
};

class BrotliDecoder final : public Decoder {
 public:
  BrotliDecoder() : state_(::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) throw std::bad_alloc();
  }
  BrotliDecoder(const BrotliDecoder&) = delete;
  BrotliDecoder& operator=(const BrotliDecoder&) = delete;
  ~BrotliDecoder() override { ::BrotliDecoderDestroyInstance(state_); }

  Result<void> decode(std::string_view& input, std::size_t most, std::string& out) override {
    if (at_end()) return behind_end(input);
    const std::size_t start = out.size();
    out.resize(start + most);
    std::size_t left = input.size();
    const std::uint8_t* next = bytes_of(input);
    std::size_t room = most;
    auto* to = reinterpret_cast<std::uint8_t*>(out.data() + start);
    const BrotliDecoderResult result = ::BrotliDecoderDecompressStream(state_, &left, &next, &room, &to, nullptr);
    out.resize(start + most - room);
    input.remove_prefix(input.size() - left);
    if (result == BROTLI_DECODER_RESULT_ERROR) {
      const BrotliDecoderErrorCode code = ::BrotliDecoderGetErrorCode(state_);
      if (code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES) {
        throw std::bad_alloc();
      }
      return Error(Errc::InvalidData, "br: malformed");
    }
    return at_end() ? behind_end(input) : Result<void>();
  }
  bool at_end() const noexcept override { return ::BrotliDecoderIsFinished(state_); }

 private:
  static Result<void> behind_end(std::string_view input) {
    return input.empty() ? Result<void>() : Error(Errc::InvalidData, "br: bytes behind the end");
  }

  BrotliDecoderState* state_;
};

}  // namespace

std::unique_ptr<Encoder> make_brotli_encoder(int level, std::optional<std::uint64_t> length) {
  return std::make_unique<BrotliEncoder>(level, length);
}
std::unique_ptr<Decoder> make_brotli_decoder() {
  return std::make_unique<BrotliDecoder>();
}

}  // namespace rondeau::coding

#endif
