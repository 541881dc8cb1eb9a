#include "server/response_stream.h"

#include <array>
#include <charconv>
#include <utility>

#include "server/exchange.h"

namespace rondeau::server {
namespace {

/// Longer pieces are sent from where they lie.
constexpr std::size_t kCopied = 8 * 1024;

}  // namespace

Result<void> ResponseStream::state() const {
  return exchange_.broken() ? Result<void>(Errc::BrokenPipe) : Result<void>();
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
  in_piece_ = true;
  exchange_.set_tail(piece.view());
  co_await exchange_.flush();
  in_piece_ = false;
  if (chunked) exchange_.output().append("\r\n");
  co_return state();
}

task::Task<Result<void>> ResponseStream::flush() {
  co_await exchange_.flush();
  co_return state();
}

bool ResponseStream::finish() {
  if (exchange_.broken()) return false;
  if (head_.mode == http::BodyMode::Chunked) {
    http::append_last_chunk(exchange_.output(), head_.trailers ? trailers() : http::Headers());
  }
  return head_.mode != http::BodyMode::Counted || written_ == head_.length;
}

}  // namespace rondeau::server
