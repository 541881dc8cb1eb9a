// What goes to the peer.
#include <algorithm>
#include <cstring>
#include <utility>

#include "http2/session.h"
#include "http2/session_callbacks.h"

namespace rondeau::http2 {

void Session::inform(Stream& stream, http::StatusCode status, const http::Headers& headers) {
  if (stream.closed || stream.answered) return;
  AnswerFields fields;
  fields.fill(status, headers);
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id, nullptr, fields.fields().data(),
                         fields.fields().size(), nullptr);
}

void Session::answer(Stream& stream, http::Response& response, const AnswerFields& fields) {
  if (stream.closed || std::exchange(stream.answered, true)) return;
  Outgoing& out = stream.out;
  out.moved = out.since = now_;
  const http::BodyMode mode = fields.head().mode;
  if (mode == http::BodyMode::Whole) {
    out.whole = std::move(response.body());
    out.left = out.whole.view();
    out.unsent = out.left.size();
  }
  out.producing = mode == http::BodyMode::Counted || mode == http::BodyMode::Chunked;
  const bool may_have_more = stream.block.head.method != http::Method::Head && http::allows_body(response.status());
  if (may_have_more && response.has_trailers()) out.trailers = response.trailers();
  const bool ends_at_once = mode == http::BodyMode::None && out.trailers.empty();
  nghttp2_data_provider provider{{.ptr = &stream}, &read_answer};
  const int result = nghttp2_submit_response(session_, stream.id, fields.fields().data(), fields.fields().size(),
                                             ends_at_once ? nullptr : &provider);
  if (result != 0) reset(stream, NGHTTP2_INTERNAL_ERROR);
}

void Session::write(Stream& stream, Bytes piece) {
  if (stream.closed) return;
  Outgoing& out = stream.out;
  if (out.unsent == 0) {
    out.moved = out.since = now_;
    out.sent = 0;
  }
  out.unsent += piece.size();
  unsent_ += piece.size();
  out.pieces.push_back(std::move(piece));
  resume(stream);
}

std::size_t Session::room_for_pieces() const noexcept {
  return unsent_ < limits_.http2.max_unsent ? limits_.max_unsent : limits_.http2.max_frame;
}

void Session::finish(Stream& stream, http::Headers trailers) {
  stream.out.producing = false;
  stream.out.trailers = std::move(trailers);
  if (!stream.closed) resume(stream);
}

void Session::resume(Stream& stream) noexcept {
  if (std::exchange(stream.out.waits_for_data, false)) nghttp2_session_resume_data(session_, stream.id);
}

void Session::reset(Stream& stream, std::uint32_t error_code) {
  // The first reason is the one that counts.
  if (stream.closed || std::exchange(stream.reset_by_us, true)) return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, error_code);
}

std::size_t Session::give(Stream& stream, std::span<std::uint8_t> room, std::uint32_t& flags) {
  Outgoing& out = stream.out;
  std::size_t given = 0;
  const auto copy = [&](std::string_view from) {
    const std::size_t size = std::min(from.size(), room.size() - given);
    if (size > 0) std::memcpy(room.data() + given, from.data(), size);
    given += size;
    return size;
  };
  out.left.remove_prefix(copy(out.left));
  const std::size_t whole = given;
  while (given < room.size() && !out.pieces.empty()) {
    const std::string_view piece = out.pieces.front().view();
    out.skipped += copy(piece.substr(out.skipped));
    if (out.skipped < piece.size()) break;
    sent_.push_back(std::move(out.pieces.front()));
    out.pieces.pop_front();
    out.skipped = 0;
  }
  out.unsent -= given;
  unsent_ -= given - whole;
  out.sent += given;
  if (given > 0) {
    out.moved = now_;
    out.taken.notify_one();
  }
  if (out.over()) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    AnswerFields fields;
    fields.fill_trailers(out.trailers);
    if (!fields.fields().empty()) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      nghttp2_submit_trailer(session_, stream.id, fields.fields().data(), fields.fields().size());
    }
  } else if (given == 0) {
    out.waits_for_data = true;
  }
  return given;
}

void Session::sent(const nghttp2_frame& frame) noexcept {
  switch (frame.hd.type) {
    case NGHTTP2_DATA:
      guard_.sent_data();
      break;
    case NGHTTP2_HEADERS:
      break;
    default:
      return;
  }
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return;
  Stream* stream = find(frame.hd.stream_id);
  if (stream != nullptr && !stream->in.ended) drop_rest(*stream);
}

/// Who has its whole answer need not send the rest of its request; but many clients take a reset in the middle of their
/// sending for a failure, so they may go on for a moment.
void Session::drop_rest(Stream& stream) noexcept {
  stream.dropping_until = now_ + limits_.drain;
  stream.in.pieces.clear();
  consumed(stream, stream.in.unread);
}

}  // namespace rondeau::http2
