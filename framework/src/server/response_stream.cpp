#include "server/response_stream.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <rondeau/fs/file.h>
#include <rondeau/task/yield_now.h>

#include "server/exchange.h"
#include "server/page_cache.h"

namespace rondeau::server {
namespace {

/// Longer pieces are sent from where they lie.
constexpr std::size_t kCopied = 8 * 1024;
/// Shorter parts of files are read: that takes one call to the pool and none for the socket.
constexpr std::uint64_t kReadInstead = 64 * 1024;
/// So much of a file goes out before others have their turn.
constexpr std::uint64_t kFileTurn = 512 * 1024;

}  // namespace

Result<void> ResponseStream::state() const {
  return exchange_.broken() ? Result<void>(Errc::BrokenPipe) : Result<void>();
}

ResponseStream::Lent::~Lent() {
  if (stream_.in_piece_) stream_.exchange_.cut_answer();
}

task::Task<Result<void>> ResponseStream::write(Bytes piece) {
  RONDEAU_TRY_VOID(state());
  if (piece.empty()) co_return Result<void>();
  if (head_.mode == http::BodyMode::Counted && piece.size() > head_.length - written_) co_return Error(Errc::TooLarge);
  written_ += piece.size();
  if (piece.size() > kCopied) co_return co_await write_in_place(std::move(piece));
  if (head_.mode == http::BodyMode::Chunked) {
    http::append_chunk(exchange_.output(), piece.view());
  } else {
    exchange_.output().append(piece.view());
  }
  if (exchange_.unsent() < exchange_.limits().max_unsent) co_return Result<void>();
  co_return co_await flush();
}

task::Task<Result<void>> ResponseStream::write_in_place(Bytes piece) {
  const bool chunked = head_.mode == http::BodyMode::Chunked;
  if (chunked) {
    std::array<char, 16> size;
    const char* end = std::to_chars(size.begin(), size.end(), piece.size(), 16).ptr;
    exchange_.output().append({size.data(), static_cast<std::size_t>(end - size.data())});
    exchange_.output().append("\r\n");
  }
  Lent lent(*this);
  exchange_.set_tail(piece.view());
  co_await exchange_.flush();
  lent.given_back();
  if (chunked) exchange_.output().append("\r\n");
  co_return state();
}

task::Task<Result<void>> ResponseStream::flush() {
  co_await exchange_.flush();
  co_return state();
}

task::Task<Result<void>> ResponseStream::write_file(const fs::File& file, std::uint64_t offset, std::uint64_t length) {
  if (head_.mode == http::BodyMode::Counted && length > head_.length - written_) co_return Error(Errc::TooLarge);
  bool direct = length > kReadInstead && head_.mode != http::BodyMode::Chunked &&
                exchange_.connection().can_send_files();
  while (length > 0) {
    RONDEAU_TRY_VOID(state());
    const auto turn = static_cast<std::size_t>(std::min<std::uint64_t>(length, kFileTurn));
    std::size_t sent = 0;
    if (direct && is_cached(file.fd(), offset, turn)) {
      Lent lent(*this);
      sent = co_await exchange_.send_file({file.fd(), offset, turn});
      lent.given_back();
      written_ += sent;
      RONDEAU_TRY_VOID(state());
      direct = sent == turn;
    }
    // What is not in memory is read where a disk may be waited for; so is what could not be sent, to learn why.
    if (sent < turn) RONDEAU_TRY_VOID(co_await BodyWriter::write_file(file, offset + sent, turn - sent));
    offset += turn;
    length -= turn;
    if (length > 0) co_await task::yield_now();
  }
  co_return Result<void>();
}

bool ResponseStream::finish() {
  if (exchange_.broken()) return false;
  if (head_.mode == http::BodyMode::Chunked) {
    http::append_last_chunk(exchange_.output(), head_.trailers ? trailers() : http::Headers());
  }
  return head_.mode != http::BodyMode::Counted || written_ == head_.length;
}

}  // namespace rondeau::server
