// zstd, by libzstd.
#ifdef RONDEAU_ZSTD

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <utility>

#include <rondeau/base/assert.h>

#include "coding/libraries.h"

namespace rondeau::coding {
namespace {

/// 512 KiB, of a content whose length is not known: what it costs in memory while it is sent.
constexpr int kWindowBits = 19;
/// 8 MiB: what a sender may ask of a receiver of this content coding (RFC 9659 §3).
constexpr int kLargestWindowBits = 23;
constexpr std::size_t kRoom = 16 * 1024;
/// RFC 8878 §3.1: how a frame begins, and one that holds nothing of the content, whose first byte is 0x50 to 0x5F.
constexpr std::array<unsigned char, 4> kMagic{0x28, 0xB5, 0x2F, 0xFD};
constexpr std::array<unsigned char, 4> kSkippedMagic{0x50, 0x2A, 0x4D, 0x18};
constexpr std::size_t kLongestHead = 18;

void set(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
  RONDEAU_ASSERT(!::ZSTD_isError(::ZSTD_CCtx_setParameter(context, parameter, value)));
}

class ZstdEncoder final : public Encoder {
 public:
  ZstdEncoder(int level, std::optional<std::uint64_t> length) : context_(::ZSTD_createCCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    set(context_, ZSTD_c_compressionLevel, level);
    if (!length || *length > std::uint64_t{1} << kWindowBits) set(context_, ZSTD_c_windowLog, kWindowBits);
    if (length) ::ZSTD_CCtx_setPledgedSrcSize(context_, *length);
  }
  ZstdEncoder(const ZstdEncoder&) = delete;
  ZstdEncoder& operator=(const ZstdEncoder&) = delete;
  ~ZstdEncoder() override { ::ZSTD_freeCCtx(context_); }

  Result<void> encode(std::string_view piece, End end, std::string& out) override {
    const ZSTD_EndDirective directive = end == End::None    ? ZSTD_e_continue
                                        : end == End::Flush ? ZSTD_e_flush
                                                            : ZSTD_e_end;
    ZSTD_inBuffer input{piece.data(), piece.size(), 0};
    for (;;) {
      const std::size_t before = out.size();
      out.resize(before + kRoom);
      ZSTD_outBuffer output{out.data() + before, kRoom, 0};
      const std::size_t left = ::ZSTD_compressStream2(context_, &output, &input, directive);
      out.resize(before + output.pos);
      if (::ZSTD_isError(left)) {
        if (::ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) throw std::bad_alloc();
        return Error(Errc::InvalidData, "zstd: the content has another length than was said");
      }
      if (end == End::None ? input.pos == input.size : left == 0) return {};
    }
  }

 private:
  ZSTD_CCtx* context_;
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() : context_(::ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    RONDEAU_ASSERT(!::ZSTD_isError(::ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kLargestWindowBits)));
  }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;
  ~ZstdDecoder() override { ::ZSTD_freeDCtx(context_); }

  Result<void> decode(std::string_view& input, std::size_t most, std::string& out) override {
    const std::size_t start = out.size();
    out.resize(start + most);
    ZSTD_outBuffer output{out.data() + start, most, 0};
    Result<void> result = fill(input, output);
    out.resize(start + output.pos);
    return result;
  }
  bool at_end() const noexcept override { return at_end_; }

 private:
  Result<void> fill(std::string_view& input, ZSTD_outBuffer& output) {
    // What waits for room comes out even where nothing goes in.
    while (output.pos < output.size && (!input.empty() || waiting_)) {
      if (!may_be_frame(input)) return Error(Errc::InvalidData, "zstd: neither a frame nor one to be skipped");
      ZSTD_inBuffer from{input.data(), input.size(), 0};
      const std::size_t before = output.pos;
      const std::size_t left = ::ZSTD_decompressStream(context_, &output, &from);
      head_size_ += input.copy(head_.data() + head_size_, std::min(from.pos, head_.size() - head_size_));
      input.remove_prefix(from.pos);
      produced_ += output.pos - before;
      if (::ZSTD_isError(left)) {
        if (::ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) throw std::bad_alloc();
        return Error(Errc::InvalidData, "zstd: malformed, or of too large a window");
      }
      at_end_ = left == 0;
      if (at_end_ && !end_frame()) return Error(Errc::InvalidData, "zstd: a frame of another length than it says");
      waiting_ = !at_end_ && output.pos == output.size;
    }
    return {};
  }

  /// The library may take frames from before RFC 8878, too, but not wherever they are cut.
  bool may_be_frame(std::string_view input) noexcept {
    for (std::size_t i = head_size_; i < kMagic.size() && i - head_size_ < input.size(); ++i) {
      const auto byte = static_cast<unsigned char>(input[i - head_size_]);
      if (i == 0) is_skipped_ = byte >> 4 == 5;
      if (byte != (is_skipped_ ? (i == 0 ? byte : kSkippedMagic[i]) : kMagic[i])) return false;
    }
    return true;
  }

  /// The library looks at the length only where it has the frame in one piece, or blocks that are not empty.
  bool end_frame() noexcept {
    const unsigned long long said = ::ZSTD_getFrameContentSize(head_.data(), std::exchange(head_size_, 0));
    const std::uint64_t produced = std::exchange(produced_, 0);
    return said == ZSTD_CONTENTSIZE_UNKNOWN || said == produced;
  }

  ZSTD_DCtx* context_;
  std::array<char, kLongestHead> head_;  // how the frame began
  std::size_t head_size_ = 0;
  std::uint64_t produced_ = 0;  // content of the frame
  bool is_skipped_ = false;
  bool at_end_ = false;   // between two frames; there is at least one
  bool waiting_ = false;  // something is left that had no room
};

}  // namespace

std::unique_ptr<Encoder> make_zstd_encoder(int level, std::optional<std::uint64_t> length) {
  return std::make_unique<ZstdEncoder>(level, length);
}
std::unique_ptr<Decoder> make_zstd_decoder() {
  return std::make_unique<ZstdDecoder>();
}

}  // namespace rondeau::coding

#endif
