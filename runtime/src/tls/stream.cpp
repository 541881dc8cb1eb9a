#include <rondeau/tls/stream.h>

#include <utility>

#include <rondeau/task/yield_now.h>

#include "tls/session.h"

namespace rondeau::tls {

Stream::Stream(io::AnyStream carrier, const ServerConfig& config)
    : session_(std::make_unique<Session>(std::move(carrier), config)) {}
Stream::Stream(io::AnyStream carrier, const ClientConfig& config, std::string server_name)
    : session_(std::make_unique<Session>(std::move(carrier), config, std::move(server_name))) {}
Stream::Stream(Stream&& other) noexcept = default;
Stream& Stream::operator=(Stream&& other) noexcept = default;
Stream::~Stream() = default;

Task<void> Stream::client_speaks() {
  while (!session_->hears_client()) co_await carrier()->readable();
}

Task<Result<void>> Stream::handshake() {
  for (;;) {
    switch (session_->handshake()) {
      case Session::Step::Done:
        co_return Result<void>();
      case Session::Step::Failed:
        co_return session_->failure();
      case Session::Step::Reads:
        co_await carrier()->readable();
        break;
      case Session::Step::Writes:
        co_await carrier()->writable();
        break;
      case Session::Step::Yields:
        co_await task::yield_now();
        break;
    }
  }
}

std::string_view Stream::alpn() const noexcept {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  if (session_->ssl() != nullptr) SSL_get0_alpn_selected(session_->ssl(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string_view Stream::version() const noexcept {
  return session_->ssl() != nullptr ? SSL_get_version(session_->ssl()) : std::string_view();
}

std::string_view Stream::cipher() const noexcept {
  return session_->ssl() != nullptr ? SSL_get_cipher_name(session_->ssl()) : std::string_view();
}

std::string_view Stream::server_name() const noexcept {
  return session_->server_name();
}

bool Stream::resumed() const noexcept {
  return session_->ssl() != nullptr && SSL_session_reused(session_->ssl()) == 1;
}

std::shared_ptr<const PeerCertificate> Stream::peer_certificate() const noexcept {
  return session_->peer_certificate();
}

bool Stream::covers(std::string_view host) const {
  return session_->covers(host);
}

std::string_view Stream::plain_text() const noexcept {
  return session_->plain_text();
}

io::AnyStream& Stream::carrier() noexcept {
  return session_->channel().carrier();
}
const io::AnyStream& Stream::carrier() const noexcept {
  return session_->channel().carrier();
}

Result<std::size_t> Stream::try_read(std::span<std::byte> out) noexcept {
  return session_->read(out);
}
Result<std::size_t> Stream::try_write(std::span<const std::byte> bytes) noexcept {
  const io::ConstBuffer buffer(bytes);
  return session_->write({&buffer, 1});
}
Result<std::size_t> Stream::try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept {
  return session_->write(buffers);
}
void Stream::forget_write() noexcept {
  session_->forget_write();
}
Result<void> Stream::try_flush() noexcept {
  return session_->flush();
}
Result<void> Stream::try_shutdown(io::How how) noexcept {
  return session_->shutdown(how);
}
bool Stream::start_wait(io::Waiter& waiter) noexcept {
  return session_->start_wait(waiter);
}
void Stream::end_wait(io::Waiter& waiter) noexcept {
  carrier()->end_wait(waiter);
}
int Stream::described_descriptor() const noexcept {
  return carrier() ? static_cast<const io::Reader&>(*carrier()).described_descriptor() : -1;
}

Task<Result<Stream>> accept(io::AnyStream carrier, ServerConfig config) {
  Stream stream(std::move(carrier), config);
  RONDEAU_TRY_VOID(co_await stream.handshake());
  co_return stream;
}

Task<Result<Stream>> connect(io::AnyStream carrier, ClientConfig config, std::string server_name) {
  Stream stream(std::move(carrier), config, std::move(server_name));
  RONDEAU_TRY_VOID(co_await stream.handshake());
  co_return stream;
}

}  // namespace rondeau::tls
