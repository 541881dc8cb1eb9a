// What comes from the peer.
#include <algorithm>
#include <utility>

#include <rondeau/text/ascii.h>

#include "client/http2/session.h"
#include "client/words.h"
#include "http/field_check.h"

namespace rondeau::client::http2 {
namespace {

/// What a field counts (RFC 9113 §6.5.2).
constexpr std::size_t kFieldOverhead = 32;
/// Beyond so many times the limit a header block is not even decoded any more.
constexpr std::size_t kExcess = 4;
constexpr std::size_t kTrailerFields = 64;

/// Small pieces become one, so that what is kept costs little more than its bytes.
void keep(Incoming& in, std::string_view content) {
  constexpr std::size_t kJoined = 1024;
  if (in.pieces.empty() || in.pieces.back().size() + content.size() > kJoined) {
    in.pieces.push_back(Bytes::copy_of(content));
    return;
  }
  std::string joined;
  joined.reserve(in.pieces.back().size() + content.size());
  joined.append(in.pieces.back().view()).append(content);
  in.pieces.back() = Bytes(std::move(joined));
}

std::optional<http::StatusCode> parse_status(std::string_view text) noexcept {
  unsigned code = 0;
  for (const char c : text) {
    if (!text::is_digit(c)) return std::nullopt;
    code = code * 10 + static_cast<unsigned>(c - '0');
  }
  if (text.size() != 3 || code < 100) return std::nullopt;
  return static_cast<http::StatusCode>(code);
}

std::string name_of(std::uint32_t error_code) {
  return nghttp2_http2_strerror(error_code);
}

}  // namespace

void Session::begin_block(std::int32_t id) noexcept {
  block_size_ = 0;
  Stream* const stream = find(id);
  if (stream == nullptr) return;
  stream->in.begun = true;
  stream->in.size = 0;
  if (!stream->in.head) stream->in.coming = {};
}

void Session::take_field(std::int32_t id, std::string_view name, std::string_view value) {
  // Whether anybody wants them or not: a byte of HPACK can be a field of kilobytes.
  const std::size_t size = name.size() + value.size() + kFieldOverhead;
  block_size_ += size;
  if (block_size_ > kExcess * limits_.head) terminate(NGHTTP2_ENHANCE_YOUR_CALM, "its header blocks are without end");
  Stream* const stream = find(id);
  if (stream == nullptr || stream->failure || stream->abandoned) return;
  stream->in.size += size;
  stream->in.head ? take_trailer(*stream, name, value) : take_field_of_head(*stream, name, value);
}

void Session::take_field_of_head(Stream& stream, std::string_view name, std::string_view value) {
  Head& head = stream.in.coming;
  const bool is_status = name == ":status";
  const bool too_many = !is_status && head.fields.size() >= stream.limits.fields;
  if (too_many || stream.in.size > stream.limits.head) {
    fail(stream, ErrorKind::TooLarge,
         std::string("the head of its answer: ") + (too_many ? "too many fields" : "too long"));
    return reset(stream, NGHTTP2_CANCEL);
  }
  if (is_status) {
    head.status = parse_status(value);
    if (!head.status) refused(stream.id, "its status is none: \"" + excerpt(value) + '"');
    return;
  }
  std::uint64_t length = 0;
  if (name == "content-length") {
    if (head.length || !http::parse_content_length(value, length)) {
      return refused(stream.id, "its Content-Length is no number");
    }
    head.length = length;
  }
  if (name.starts_with(':') || !head.fields.append(name, value)) {
    refused(stream.id, "a field of its answer is malformed: " + excerpt(name));
  }
}

void Session::take_trailer(Stream& stream, std::string_view name, std::string_view value) {
  if (stream.in.size > stream.limits.trailers || stream.in.trailers.size() >= kTrailerFields) {
    return refused(stream.id, "too much comes behind its body");
  }
  if (http::is_forbidden_trailer(http::find_header_name(name))) return;
  if (name.starts_with(':') || !stream.in.trailers.append(name, value)) {
    refused(stream.id, "a field behind its body is malformed");
  }
}

/// This answer is none; the others on the connection may be good.
void Session::refused(std::int32_t id, std::string cause) {
  Stream* const stream = find(id);
  if (stream == nullptr) return;
  fail(*stream, ErrorKind::Protocol, std::move(cause));
  reset(*stream, NGHTTP2_PROTOCOL_ERROR);
}

void Session::received(const nghttp2_frame& frame) {
  const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  Stream* const stream = find(frame.hd.stream_id);
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      if (stream == nullptr || stream->failure) return;
      if (!stream->in.head) end_of_head(*stream);
      if (last) end_of_answer(*stream);
      return;
    case NGHTTP2_DATA:
      if (stream != nullptr && last) end_of_answer(*stream);
      return;
    case NGHTTP2_SETTINGS:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) return;
      settled_ = room_changed_ = true;
      return give_back_unsent();
    case NGHTTP2_GOAWAY:
      left_ = room_changed_ = true;
      if (frame.goaway.error_code != NGHTTP2_NO_ERROR) goodbye_ = name_of(frame.goaway.error_code);
      return;
    default:
      return;
  }
}

void Session::end_of_head(Stream& stream) {
  Incoming& in = stream.in;
  if (!in.coming.status) return refused(stream.id, "its answer has no status");
  if (!http::is_informational(*in.coming.status)) {
    in.head = std::move(in.coming);
    in.changed.notify_one();
    return;
  }
  if (++in.interim > stream.limits.interim) {
    return refused(stream.id, "more than " + std::to_string(stream.limits.interim) + " informational answers");
  }
  if (*in.coming.status == http::StatusCode::SwitchingProtocols) {
    return refused(stream.id, "it switches to a protocol that nobody asked for");
  }
  if (*in.coming.status == http::StatusCode::Continue) in.told_to_go_on = true;
  if (*in.coming.status == http::StatusCode::EarlyHints) in.hints.push_back(std::move(in.coming.fields));
  in.changed.notify_one();
}

void Session::end_of_answer(Stream& stream) noexcept {
  if (stream.failure) return;
  stream.in.ended = true;
  stream.in.changed.notify_one();
}

void Session::take_content(std::int32_t id, std::string_view content) {
  Stream* const stream = find(id);
  if (stream == nullptr) {
    nghttp2_session_consume_connection(session_, content.size());
    return;
  }
  if (stream->failure || stream->abandoned || !stream->in.head) {
    nghttp2_session_consume(session_, id, content.size());
    return;
  }
  Incoming& in = stream->in;
  if (in.unread == 0) in.unread_since = now_;
  in.received += content.size();
  in.unread += content.size();
  keep(in, content);
  in.changed.notify_one();
}

void Session::forget(std::int32_t id, std::uint32_t error_code) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const std::shared_ptr<Stream> stream = std::move(found->second);
  streams_.erase(found);
  if (streams_.empty()) idle_since_ = now_;
  room_changed_ = true;
  stream->closed = true;
  // What its caller has not read is bounded by its own window, and holds nobody up.
  nghttp2_session_consume_connection(session_, stream->in.unread);
  if (stream->in.ended) {
    ++answered_;
  } else if (error_code == NGHTTP2_REFUSED_STREAM && !stream->in.begun) {
    if (Failure* const failure = fail(*stream, ErrorKind::Connect, "the server refuses it, and has done nothing")) {
      failure->unprocessed = true;
      failure->sent = Sent::No;
    }
  } else if (stream->in.head) {
    std::string cause = "the server has reset it after " + std::to_string(stream->in.received);
    if (stream->in.head->length) cause += " of " + std::to_string(*stream->in.head->length);
    fail(*stream, ErrorKind::BodyTruncated, cause + " bytes: " + name_of(error_code));
  } else if (Failure* const failure =
                 fail(*stream, ErrorKind::Connect, "the server has reset it: " + name_of(error_code))) {
    failure->answered = true;
  }
  stream->in.changed.notify_one();
  stream->out.taken.notify_one();
  forgotten_.push_back(stream);
}

}  // namespace rondeau::client::http2
