// A build with zlib.
#ifdef RONDEAU_ZLIB

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <utility>
#include <vector>

#include <rondeau/base/assert.h>

#include "websocket/deflate.h"

namespace rondeau::websocket {
namespace {

/// Messages are sent while they are hot: a quick level.
constexpr int kLevel = 4;
constexpr int kMemoryLevel = 8;
constexpr int kLargestWindow = 15;
constexpr std::size_t kPiece = 16 * 1024;
/// Blocks that say they are the last one, in a message: a peer needs one. Each costs a copy of the window.
constexpr int kMostLastBlocks = 16;
/// What ends a flush, and is left out on the wire (RFC 7692 §7.2.1).
constexpr std::string_view kTail("\0\0\xFF\xFF", 4);

Bytef* input_of(std::string_view bytes) noexcept {
  // zlib does not write there; its interface is older than const.
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

}  // namespace

bool has_deflate() noexcept {
  return true;
}

struct Deflater::State {
  explicit State(int bits) : window(bits) {
    if (::deflateInit2(&stream, kLevel, Z_DEFLATED, -window, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { ::deflateEnd(&stream); }

  z_stream stream{};
  const int window;
};

struct Inflater::State {
  State() {
    if (::inflateInit2(&stream, -kLargestWindow) != Z_OK) throw std::bad_alloc();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { ::inflateEnd(&stream); }

  /// A last block may end anywhere in a message (RFC 7692 §7.2.3.5); what follows refers to what was before.
  void begin_block_behind_last() {
    std::array<Bytef, std::size_t{1} << kLargestWindow> window;
    uInt size = window.size();
    ::inflateGetDictionary(&stream, window.data(), &size);
    ::inflateReset(&stream);
    ::inflateSetDictionary(&stream, window.data(), size);
  }

  z_stream stream{};
};

namespace {

/// Messages that stand alone need no memory of their own: each thread has some. Not called by coroutines.
std::unique_ptr<Deflater::State>& deflate_state_of_thread(int window) {
  static thread_local std::unique_ptr<Deflater::State> state;
  if (state == nullptr || state->window != window) {
    state = std::make_unique<Deflater::State>(window);
  } else {
    ::deflateReset(&state->stream);
  }
  return state;
}
std::unique_ptr<Inflater::State>& inflate_state_of_thread() {
  static thread_local std::unique_ptr<Inflater::State> state;
  if (state == nullptr) {
    state = std::make_unique<Inflater::State>();
  } else {
    ::inflateReset(&state->stream);
  }
  return state;
}

}  // namespace

Deflater::Deflater(const DeflateTerms& terms) : terms_(terms) {}
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;
Deflater::~Deflater() = default;

bool Deflater::deflate(std::string_view message, std::string& out) {
  if (message.size() < terms_.smallest || message.size() > std::numeric_limits<uInt>::max()) return false;
  if (!terms_.we_forget && state_ == nullptr) state_ = std::make_unique<State>(terms_.our_window);
  z_stream& stream = (terms_.we_forget ? deflate_state_of_thread(terms_.our_window) : state_)->stream;
  stream.next_in = input_of(message);
  stream.avail_in = static_cast<uInt>(message.size());
  out.clear();
  // A flush is complete when room is left behind it.
  do {
    // What does not shrink is better sent as it is, unless the peer has to learn it for what follows.
    if (terms_.we_forget && out.size() >= message.size()) return false;
    const std::size_t before = out.size();
    out.resize(before + kPiece);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = kPiece;
    const int result = ::deflate(&stream, Z_SYNC_FLUSH);
    RONDEAU_ASSERT(result == Z_OK || result == Z_BUF_ERROR);
    out.resize(before + kPiece - stream.avail_out);
  } while (stream.avail_out == 0);
  RONDEAU_ASSERT(out.ends_with(kTail));
  out.resize(out.size() - kTail.size());
  return !terms_.we_forget || out.size() < message.size();
}

Inflater::Inflater(const DeflateTerms& terms) : terms_(terms) {}
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;
Inflater::~Inflater() = default;

Inflater::Outcome Inflater::inflate(std::string_view compressed, std::string& out, std::size_t most) {
  if (!terms_.peer_forgets && state_ == nullptr) state_ = std::make_unique<State>();
  State& state = *(terms_.peer_forgets ? inflate_state_of_thread() : state_);
  z_stream& stream = state.stream;
  out.clear();
  if (compressed.empty()) return Outcome::Done;
  if (compressed.size() > std::numeric_limits<uInt>::max()) return Outcome::TooLarge;
  int last_blocks = 0;
  for (std::string_view input : {compressed, kTail}) {
    stream.next_in = input_of(input);
    stream.avail_in = static_cast<uInt>(input.size());
    for (;;) {
      const std::size_t before = out.size();
      // One byte more than may be, so that it shows.
      const std::size_t left = most - before;
      const std::size_t room = left < kPiece ? left + 1 : kPiece;
      out.resize(before + room);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream.avail_out = static_cast<uInt>(room);
      const int result = ::inflate(&stream, Z_SYNC_FLUSH);
      out.resize(before + room - stream.avail_out);
      if (out.size() > most) return Outcome::TooLarge;
      if (result == Z_STREAM_END) {
        if (++last_blocks > kMostLastBlocks) return Outcome::Malformed;
        state.begin_block_behind_last();
        if (stream.avail_in == 0) break;
        continue;
      }
      if (result != Z_OK && result != Z_BUF_ERROR) return Outcome::Malformed;
      if (stream.avail_out == 0) continue;
      if (stream.avail_in > 0) return Outcome::Malformed;
      break;
    }
  }
  // Whole blocks alone; elsewhere the tail was read as something else (128: behind a block; below 64: bits not used).
  return (stream.data_type & (128 | 63)) == 128 ? Outcome::Done : Outcome::Malformed;
}

}  // namespace rondeau::websocket

#endif
