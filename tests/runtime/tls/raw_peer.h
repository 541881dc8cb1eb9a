// RawPeer: OpenSSL without what ours forbids it, for peers that do what ours would not.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <rondeau/io/stream.h>
#include <rondeau/task/task.h>

namespace support {

class RawPeer {
 public:
  /// `prepare` may change what is agreed to.
  explicit RawPeer(const std::function<void(SSL_CTX*)>& prepare = {}, const char* name = "server.test") {
    ERR_clear_error();
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
    if (prepare) prepare(context_.get());
    ssl_.reset(SSL_new(context_.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_connect_state(ssl_.get());
    if (name != nullptr) SSL_set_tlsext_host_name(ssl_.get(), name);
  }

  SSL* ssl() { return ssl_.get(); }
  /// What OpenSSL wants to send.
  std::string output() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(out_, &data);
    std::string taken(data, static_cast<std::size_t>(size));
    static_cast<void>(BIO_reset(out_));
    return taken;
  }
  void input(std::string_view bytes) { BIO_write(in_, bytes.data(), static_cast<int>(bytes.size())); }

  rondeau::Task<bool> flush(rondeau::io::Stream& stream) {
    const std::string bytes = output();
    co_return (co_await stream.write_all(bytes)).has_value();
  }
  /// False: the peer ended it.
  rondeau::Task<bool> receive(rondeau::io::Stream& stream) {
    std::string room(16 * 1024, '\0');
    const auto count = co_await stream.read_some(std::as_writable_bytes(std::span(room)));
    if (!count || *count == 0) co_return false;
    input(std::string_view(room).substr(0, *count));
    co_return true;
  }
  rondeau::Task<bool> shake(rondeau::io::Stream& stream) {
    for (;;) {
      const int result = SSL_do_handshake(ssl_.get());
      const int verdict = SSL_get_error(ssl_.get(), result);
      static_cast<void>(co_await flush(stream));
      if (result == 1) co_return true;
      if (verdict != SSL_ERROR_WANT_READ || !co_await receive(stream)) co_return false;
    }
  }
  /// Encrypts one record.
  std::string record(std::string_view text) {
    if (SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) <= 0) throw std::runtime_error("SSL_write");
    return output();
  }
  /// Reads until so many bytes have come, or the end.
  rondeau::Task<std::string> read(rondeau::io::Stream& stream, std::size_t most) {
    std::string text;
    std::string room(4096, '\0');
    while (text.size() < most) {
      const int count = SSL_read(ssl_.get(), room.data(), static_cast<int>(room.size()));
      if (count > 0) {
        text.append(room, 0, static_cast<std::size_t>(count));
      } else if (SSL_get_error(ssl_.get(), count) != SSL_ERROR_WANT_READ || !co_await receive(stream)) {
        break;
      }
    }
    co_return text;
  }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
};

}  // namespace support
