#include "client/http2/session_callbacks.h"

#include <new>
#include <string_view>

#include "client/http2/session.h"

namespace rondeau::client::http2 {
namespace {

std::string_view text(const std::uint8_t* bytes, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

struct SessionCallbacks {
  /// No exception passes through C; the only one there can be is that memory is out.
  template <class F>
  static int guarded(void* user, F function) noexcept {
    try {
      function(*static_cast<Session*>(user));
      return 0;
    } catch (...) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return guarded(user, [&](Session& self) { self.begin_block(frame->hd.stream_id); });
  }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    return guarded(user, [&](Session& self) {
      self.take_field(frame->hd.stream_id, text(name, name_size), text(value, value_size));
    });
  }
  /// nghttp2 would leave such a field out; but it would be another answer then.
  static int on_invalid_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t*, std::size_t,
                               const std::uint8_t*, std::size_t, std::uint8_t, void* user) {
    return guarded(user, [&](Session& self) {
      self.refused(frame->hd.stream_id, "a field of its answer may not be in HTTP/2");
    });
  }
  static int on_frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return guarded(user, [&](Session& self) { self.received(*frame); });
  }
  static int on_invalid_frame_recv(nghttp2_session*, const nghttp2_frame* frame, int reason, void* user) {
    return guarded(user, [&](Session& self) {
      self.refused(frame->hd.stream_id, std::string("its answer is malformed: ") + nghttp2_strerror(reason));
    });
  }
  static int on_data_chunk_recv(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                                std::size_t size, void* user) {
    return guarded(user, [&](Session& self) { self.take_content(id, text(data, size)); });
  }
  static int on_frame_send(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    return guarded(user, [&](Session& self) { self.made(*frame); });
  }
  static int on_frame_not_send(nghttp2_session*, const nghttp2_frame* frame, int reason, void* user) {
    return guarded(user, [&](Session& self) { self.not_made(*frame, reason); });
  }
  static int on_stream_close(nghttp2_session*, std::int32_t id, std::uint32_t error_code, void* user) {
    return guarded(user, [&](Session& self) { self.forget(id, error_code); });
  }
  static ssize_t read(std::uint8_t* room, std::size_t size, std::uint32_t* flags, Stream& stream, void* user) noexcept {
    std::size_t given = 0;
    if (guarded(user, [&](Session& self) { given = self.give(stream, {room, size}, *flags); }) != 0) {
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
    const bool waits = given == 0 && (*flags & NGHTTP2_DATA_FLAG_EOF) == 0;
    return waits ? ssize_t{NGHTTP2_ERR_DEFERRED} : static_cast<ssize_t>(given);
  }

  static nghttp2_session_callbacks* make() {
    nghttp2_session_callbacks* made = nullptr;
    if (nghttp2_session_callbacks_new(&made) != 0) throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, &on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, &on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(made, &on_invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, &on_frame_recv);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, &on_invalid_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &on_data_chunk_recv);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, &on_frame_send);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(made, &on_frame_not_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, &on_stream_close);
    return made;
  }
};

const nghttp2_session_callbacks* session_callbacks() {
  struct Owned {
    nghttp2_session_callbacks* callbacks = SessionCallbacks::make();
    ~Owned() { nghttp2_session_callbacks_del(callbacks); }
  };
  static const Owned owned;
  return owned.callbacks;
}

ssize_t read_request(nghttp2_session*, std::int32_t, std::uint8_t* room, std::size_t size, std::uint32_t* flags,
                     nghttp2_data_source* source, void* user) noexcept {
  return SessionCallbacks::read(room, size, flags, *static_cast<Stream*>(source->ptr), user);
}

}  // namespace rondeau::client::http2
