// What goes to the peer.
#include <algorithm>
#include <cstring>
#include <utility>

#include "client/http2/session.h"
#include "client/http2/session_callbacks.h"

namespace rondeau::client::http2 {
namespace {

constexpr std::uint64_t kFrameHead = 9;

}  // namespace

void Session::submit(std::shared_ptr<Stream> stream, const RequestFields& fields) {
  Stream& mine = *stream;
  mine.began = now_;
  nghttp2_data_provider provider{{.ptr = &mine}, &read_request};
  const std::int32_t id =
      dead_ ? -1
            : nghttp2_submit_request(session_, nullptr, fields.fields().data(), fields.fields().size(),
                                     mine.out.over() ? nullptr : &provider, &mine);
  if (id < 0) {
    mine.closed = true;
    if (Failure* const failure = fail(mine, ErrorKind::Connect, "the connection is over")) failure->unprocessed = true;
    return;
  }
  if (streams_.empty()) busy_since_ = now_;
  mine.id = id;
  streams_.emplace(id, std::move(stream));
  ++submitted_;
}

void Session::write(Stream& stream, Bytes piece) {
  if (stream.closed) return;
  stream.out.unsent += piece.size();
  stream.out.pieces.push_back(std::move(piece));
  resume(stream);
}

void Session::finish(Stream& stream, http::Headers trailers) {
  stream.out.producing = false;
  stream.out.trailers = std::move(trailers);
  if (!stream.closed) resume(stream);
}

void Session::resume(Stream& stream) noexcept {
  if (std::exchange(stream.out.waits_for_data, false)) nghttp2_session_resume_data(session_, stream.id);
}

std::size_t Session::give(Stream& stream, std::span<std::uint8_t> room, std::uint32_t& flags) {
  Outgoing& out = stream.out;
  std::size_t given = 0;
  while (given < room.size() && !out.pieces.empty()) {
    const std::string_view left = out.pieces.front().view().substr(out.skipped);
    const std::size_t size = std::min(left.size(), room.size() - given);
    if (size > 0) std::memcpy(room.data() + given, left.data(), size);
    given += size;
    out.skipped += size;
    if (size < left.size()) break;
    sent_.push_back(std::move(out.pieces.front()));
    out.pieces.pop_front();
    out.skipped = 0;
  }
  out.unsent -= given;
  if (given > 0) out.taken.notify_one();
  if (out.over()) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    RequestFields fields;
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

/// A frame of ours is about to be given out by pull().
void Session::made(const nghttp2_frame& frame) {
  Stream* const stream = find(frame.hd.stream_id);
  switch (frame.hd.type) {
    case NGHTTP2_GOAWAY: {
      if (frame.goaway.error_code == NGHTTP2_NO_ERROR) return;
      const std::string_view why(reinterpret_cast<const char*>(frame.goaway.opaque_data), frame.goaway.opaque_data_len);
      if (fault_.empty()) fault_ = "it violates HTTP/2: " + std::string(why);
      return;
    }
    case NGHTTP2_RST_STREAM:
      // nghttp2 does so without a word where DATA and Content-Length differ.
      if (stream != nullptr && !stream->reset_by_us) {
        fail(*stream, ErrorKind::Protocol, "its answer breaks the rules of HTTP/2, such as that for its length");
      }
      return;
    case NGHTTP2_DATA:
      guard_.sent_data();
      break;
    case NGHTTP2_HEADERS:
      break;
    default:
      return;
  }
  if (stream == nullptr) return;
  if (!stream->begins_at) {
    stream->begins_at = pulled_;
    guard_.sent_request();
  }
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return;
  stream->ends_at = pulled_ + kFrameHead + frame.hd.length;
  stream->out.done = true;
  stream->out.taken.notify_one();
}

/// The stream is closed next, as if it had been refused.
void Session::not_made(const nghttp2_frame& frame, int reason) {
  if (frame.hd.type != NGHTTP2_HEADERS || reason == NGHTTP2_ERR_START_STREAM_NOT_ALLOWED) return;
  const auto found = streams_.find(frame.hd.stream_id);
  if (found == streams_.end() || found->second->reset_by_us) return;
  fail(*found->second, ErrorKind::InvalidRequest, std::string("its head cannot be sent: ") + nghttp2_strerror(reason));
}

void Session::reset(Stream& stream, std::uint32_t error_code) noexcept {
  // The first reason is the one that counts.
  if (stream.closed || std::exchange(stream.reset_by_us, true)) return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, error_code);
}

void Session::abandon(Stream& stream) noexcept {
  if (std::exchange(stream.abandoned, true)) return;
  drop_unread(stream);
  const bool may_have_content = !stream.in.head || (stream.asked != http::Method::Head &&
                                                    http::allows_body(*stream.in.head->status));
  if (may_have_content || !stream.out.done) return reset(stream, NGHTTP2_CANCEL);
  // Its end is on its way; many servers count resets.
  stream.ends_by = now_ + limits_.drain_time;
}

void Session::consumed(Stream& stream, std::size_t bytes) noexcept {
  stream.in.unread -= bytes;
  stream.in.unread_since = now_;
  if (!stream.closed) nghttp2_session_consume(session_, stream.id, bytes);
}

void Session::drop_unread(Stream& stream) noexcept {
  stream.in.pieces.clear();
  consumed(stream, stream.in.unread);
}

/// The peer allows less than was assumed: requests that have not left go back.
void Session::give_back_unsent() {
  std::size_t excess = streams_.size() - std::min<std::size_t>(streams_.size(), most_streams());
  for (const auto& [id, stream] : streams_) {
    if (excess == 0) return;
    if (stream->begins_at) continue;
    --excess;
    if (Failure* const failure = fail(*stream, ErrorKind::Connect, "the server allows no more requests at once")) {
      failure->unprocessed = true;
    }
    reset(*stream, NGHTTP2_CANCEL);
  }
}

}  // namespace rondeau::client::http2
