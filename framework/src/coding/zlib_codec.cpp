// gzip and deflate, by zlib.
#ifdef RONDEAU_ZLIB

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include <rondeau/base/assert.h>

#include "coding/libraries.h"

namespace rondeau::coding {
namespace {

constexpr int kWindow = 15;
constexpr int kGzip = 16;  // added to the window's bits: the gzip format instead of zlib's
constexpr int kMemoryLevel = 8;
constexpr std::size_t kRoom = 16 * 1024;

Bytef* input_of(std::string_view bytes) noexcept {
  // zlib does not write there; its interface is older than const.
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}
uInt size_of(std::string_view bytes) noexcept {
  return static_cast<uInt>(std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
}

class ZlibEncoder final : public Encoder {
 public:
  ZlibEncoder(Coding coding, int level) {
    const int bits = coding == Coding::Gzip ? kWindow + kGzip : kWindow;
    const int result = ::deflateInit2(&stream_, level, Z_DEFLATED, bits, kMemoryLevel, Z_DEFAULT_STRATEGY);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    RONDEAU_ASSERT(result == Z_OK);  // else there is no such level
  }
  ZlibEncoder(const ZlibEncoder&) = delete;
  ZlibEncoder& operator=(const ZlibEncoder&) = delete;
  ~ZlibEncoder() override { ::deflateEnd(&stream_); }

  Result<void> encode(std::string_view piece, End end, std::string& out) override {
    do {
      const uInt given = size_of(piece);
      const bool last = given == piece.size();
      stream_.next_in = input_of(piece);
      stream_.avail_in = given;
      run(!last || end == End::None ? Z_NO_FLUSH : end == End::Flush ? Z_SYNC_FLUSH : Z_FINISH, out);
      piece.remove_prefix(given);
    } while (!piece.empty());
    return {};
  }

 private:
  /// Until room is left behind what came out: then nothing is held back that should come.
  void run(int flush, std::string& out) {
    do {
      const std::size_t before = out.size();
      out.resize(before + kRoom);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream_.avail_out = kRoom;
      const int result = ::deflate(&stream_, flush);
      RONDEAU_ASSERT(result == Z_OK || result == Z_BUF_ERROR || result == Z_STREAM_END);
      out.resize(before + kRoom - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

class ZlibDecoder final : public Decoder {
 public:
  explicit ZlibDecoder(Coding coding) : coding_(coding) { begin(coding == Coding::Gzip ? kWindow + kGzip : kWindow); }
  ZlibDecoder(const ZlibDecoder&) = delete;
  ZlibDecoder& operator=(const ZlibDecoder&) = delete;
  ~ZlibDecoder() override { ::inflateEnd(&stream_); }

  Result<void> decode(std::string_view& input, std::size_t most, std::string& out) override {
    const std::size_t start = out.size();
    out.resize(start + most);
    std::size_t made = 0;
    const Result<void> result = inflate(input, out.data() + start, most, made);
    out.resize(start + made);
    return result;
  }
  bool at_end() const noexcept override { return at_end_; }

 private:
  void begin(int bits) {
    if (::inflateInit2(&stream_, bits) != Z_OK) throw std::bad_alloc();
  }

  Result<void> inflate(std::string_view& input, char* room, std::size_t size, std::size_t& made) {
    while (made < size && !(input.empty() && drained_)) {
      if (at_end_) {
        if (input.empty()) break;
        if (coding_ != Coding::Gzip) return Error(Errc::InvalidData, "deflate: bytes behind the end");
        ::inflateReset(&stream_);  // the next member (RFC 1952 §2.2)
        at_end_ = false;
      }
      if (coding_ == Coding::Deflate && !knows_wrapper_ && !look_for_wrapper(input)) break;
      std::string_view from = held_.empty() ? input : held_;
      const uInt given = size_of(from);
      const uInt wanted = static_cast<uInt>(std::min<std::size_t>(size - made, std::numeric_limits<uInt>::max()));
      stream_.next_in = input_of(from);
      stream_.avail_in = given;
      stream_.next_out = reinterpret_cast<Bytef*>(room + made);
      stream_.avail_out = wanted;
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      made += wanted - stream_.avail_out;
      drained_ = stream_.avail_out > 0;
      const std::size_t used = given - stream_.avail_in;
      if (held_.empty()) {
        input.remove_prefix(used);
      } else {
        held_.erase(0, used);
      }
      if (result == Z_MEM_ERROR) throw std::bad_alloc();
      if (result == Z_STREAM_END) {
        at_end_ = true;
        if (!held_.empty()) return Error(Errc::InvalidData, "deflate: bytes behind the end");
        continue;
      }
      if (result != Z_OK && result != Z_BUF_ERROR) return Error(Errc::InvalidData, "gzip, deflate: malformed");
    }
    return {};
  }

  /// Two bytes tell a zlib header (RFC 1950 §2.2) from a block of deflate without one. False: they are not here yet.
  bool look_for_wrapper(std::string_view& input) {
    const std::size_t taken = std::min(input.size(), 2 - held_.size());
    held_ += input.substr(0, taken);
    input.remove_prefix(taken);
    if (held_.size() < 2) return false;
    const auto first = static_cast<unsigned char>(held_[0]);
    const auto second = static_cast<unsigned char>(held_[1]);
    if ((first & 0x0F) != Z_DEFLATED || (first * 256U + second) % 31 != 0) {
      ::inflateEnd(&stream_);
      stream_ = {};
      begin(-kWindow);
    }
    knows_wrapper_ = true;
    return true;
  }

  z_stream stream_{};
  std::string held_;  // the first two bytes of deflate
  const Coding coding_;
  bool at_end_ = false;
  bool knows_wrapper_ = false;
  bool drained_ = true;  // zlib has nothing that waits for room
};

}  // namespace

std::unique_ptr<Encoder> make_zlib_encoder(Coding coding, int level) {
  return std::make_unique<ZlibEncoder>(coding, level);
}
std::unique_ptr<Decoder> make_zlib_decoder(Coding coding) {
  return std::make_unique<ZlibDecoder>(coding);
}

}  // namespace rondeau::coding

#endif
