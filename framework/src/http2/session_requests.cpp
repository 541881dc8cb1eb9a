// What comes from the peer.
#include <algorithm>
#include <utility>

#include "http/field_check.h"
#include "http2/session.h"

namespace rondeau::http2 {

void Session::begin_request(std::int32_t id) {
  if (streams_.size() + orphans_ >= limits_.http2.max_concurrent_streams) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    calm(guard_.refused());
    return;
  }
  const auto [place, is_new] = streams_.emplace(id, std::make_shared<Stream>(id, limits_));
  nghttp2_session_set_stream_user_data(session_, id, place->second.get());
  // Of answers that are as urgent each gets its turns, unless the peer wants them one after the other.
  const nghttp2_extpri by_turns{.urgency = NGHTTP2_EXTPRI_DEFAULT_URGENCY, .inc = 1};
  nghttp2_session_change_extpri_stream_priority(session_, id, &by_turns, 0);
}

/// nghttp2 has refused a frame, and resets its stream or ends the connection. Counted here and not when that is sent,
/// which a peer that does not read can put off.
void Session::invalid(std::int32_t id, int reason) noexcept {
  end_of_block(id);
  calm(reason == NGHTTP2_ERR_REFUSED_STREAM ? guard_.refused() : guard_.reset(now_));
}

void Session::take_field(Stream& stream, bool trailer, std::string_view name, std::string_view value) {
  if (!trailer) {
    if (stream.fields) static_cast<void>(stream.fields->add(name, value));
    return;
  }
  if (stream.in.failure != Incoming::Failure::None) return;
  stream.in.trailer_bytes += name.size() + value.size();
  if (stream.in.trailer_bytes > limits_.max_trailers) return refuse_body(stream, http::RefusalReason::TrailersTooLong);
  if (stream.in.trailers.size() >= limits_.max_trailer_fields) {
    return refuse_body(stream, http::RefusalReason::TooManyTrailers);
  }
  if (http::is_forbidden_trailer(http::find_header_name(name))) return;
  if (!stream.in.trailers.append(name, value)) refuse_body(stream, http::RefusalReason::TrailerSyntax);
}

void Session::received(const nghttp2_frame& frame) {
  const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  const bool acknowledges = (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0;
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      end_of_block(frame.hd.stream_id);
      if (Stream* stream = find(frame.hd.stream_id); stream != nullptr) {
        frame.headers.cat == NGHTTP2_HCAT_REQUEST ? end_of_head(*stream, last) : end_of_body(*stream);
      }
      return;
    case NGHTTP2_DATA:
      if (Stream* stream = find(frame.hd.stream_id); stream != nullptr && last) end_of_body(*stream);
      return;
    case NGHTTP2_SETTINGS:
      (acknowledges ? settings_deadline_ : preface_deadline_).reset();
      return;
    case NGHTTP2_PING:
      if (!acknowledges) return;
      ping_deadline_.reset();
      finish_shutdown();
      return;
    case NGHTTP2_RST_STREAM:
      calm(guard_.reset(now_));
      return;
    case NGHTTP2_PRIORITY_UPDATE:
      // RFC 9218 §7.1. nghttp2 finds no such stream, and says nothing.
      if (static_cast<const nghttp2_ext_priority_update*>(frame.ext.payload)->stream_id == 0) {
        terminate(NGHTTP2_PROTOCOL_ERROR);
      }
      return;
    default:
      return;
  }
}

void Session::end_of_head(Stream& stream, bool last) {
  stream.refusal = stream.fields->finish(stream.block, !last, limits_);
  stream.fields.reset();
  if (last) stream.in.ended = true;
  begun_.push_back(streams_.at(stream.id));
}

namespace {

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

}  // namespace

void Session::take_content(std::int32_t id, std::string_view content) {
  Stream* stream = find(id);
  if (stream == nullptr) {
    nghttp2_session_consume_connection(session_, content.size());
    return;
  }
  if (stream->dropping_until || stream->in.failure != Incoming::Failure::None) {
    nghttp2_session_consume(session_, id, content.size());
    return;
  }
  Incoming& in = stream->in;
  in.received += content.size();
  if (in.limit && in.received > *in.limit) {
    nghttp2_session_consume(session_, id, content.size());
    return refuse_body(*stream, http::RefusalReason::BodyTooLarge);
  }
  keep(in, content);
  in.unread += content.size();
  unread_ += content.size();
  // What a stream that is not read holds must not shut the window of the others – up to a point.
  credit_owed_ += content.size();
  give_credit();
  in.arrived.notify_one();
}

void Session::limit_body(Stream& stream, std::optional<std::uint64_t> bytes) noexcept {
  stream.in.limit = bytes;
  if (!bytes || stream.in.received <= *bytes || stream.in.failure != Incoming::Failure::None) return;
  refuse_body(stream, http::RefusalReason::BodyTooLarge);
}

void Session::consumed(Stream& stream, std::size_t bytes) noexcept {
  if (stream.closed) return;
  stream.in.unread -= bytes;
  unread_ -= bytes;
  nghttp2_session_consume_stream(session_, stream.id, bytes);
  give_credit();
}

void Session::give_credit() noexcept {
  if (unread_ > limits_.http2.max_unread || credit_owed_ == 0) return;
  nghttp2_session_consume_connection(session_, std::exchange(credit_owed_, 0));
}

void Session::end_of_body(Stream& stream) noexcept {
  stream.in.ended = true;
  stream.in.arrived.notify_one();
}

void Session::refuse_body(Stream& stream, http::RefusalReason reason) noexcept {
  stream.in.failure = Incoming::Failure::Refused;
  stream.in.refusal = http::refuse(reason);
  stream.in.arrived.notify_one();
}

void Session::forget(std::int32_t id, std::uint32_t error_code) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const std::shared_ptr<Stream> stream = found->second;
  forgotten_.push_back(stream);
  streams_.erase(found);
  stream->closed = true;
  stream->cut = error_code != NGHTTP2_NO_ERROR || !stream->answered || !stream->out.over();
  if (!stream->cut) ++answered_;
  end_of_block(id);
  unread_ -= stream->in.unread;
  give_credit();
  if (!stream->out.pieces.empty()) unsent_ -= stream->out.unsent;
  if (stream->cut || !stream->in.ended) {
    stream->in.pieces.clear();
    if (stream->in.failure == Incoming::Failure::None) stream->in.failure = Incoming::Failure::PeerLeft;
  }
  stream->in.unread = 0;
  stream->in.arrived.notify_one();
  stream->out.taken.notify_one();
  if (stream->runs) ++orphans_;
  if (stream->task && stream->cut) stream->task->abort();
  if (is_idle()) idle_since_ = now_;
}

}  // namespace rondeau::http2
