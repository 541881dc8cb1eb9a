// A connection of HTTP/2 to a TestApp.
#pragma once

#include <string>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include <rondeau/testing/test_app.h>

#include "support/http2/frames.h"

namespace http2_test {

class Http2Wire : public Client {
 public:
  /// Says the preface, and acknowledges the server's SETTINGS.
  explicit Http2Wire(rondeau::TestApp& app, std::string_view settings = {}, std::size_t buffered = 1024 * 1024)
      : wire_(connect(app, buffered)) {
    send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(NGHTTP2_SETTINGS, 0, 0, settings) +
         frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0));
  }

  /// Sends, lets the service do what it can, and reads what it says.
  Http2Wire& send(std::string_view bytes) {
    wire_.send(bytes);
    return look();
  }
  Http2Wire& look() {
    feed(wire_.received());
    return *this;
  }
  rondeau::testing::Wire& wire() { return wire_; }
  bool closed() { return look(), wire_.closed(); }

 private:
  static rondeau::testing::Wire connect(rondeau::TestApp& app, std::size_t buffered) {
    app.allow_http2();
    return app.connect(buffered);
  }

  rondeau::testing::Wire wire_;
};

}  // namespace http2_test
