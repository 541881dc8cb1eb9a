#include "tls/session.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <openssl/err.h>

#include "tls/certificate_text.h"
#include "tls/client_context.h"
#include "tls/errors.h"
#include "tls/identities.h"
#include "tls/server_state.h"

namespace rondeau::tls {
namespace {

constexpr std::size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;
/// Encrypted in one go: one call of the system for two records, and little that a slow peer makes us hold.
constexpr std::size_t kWrittenAtOnce = 2 * kRecord;
/// What one read tries before others get their turn.
constexpr int kEmptyInARow = 8;
/// Tickets, key updates: each costs us a derivation of keys and says nothing.
constexpr int kMostEmpty = 32;

/// Where small buffers are put together; not in a frame, where hardened builds would clear it each time.
thread_local std::array<std::byte, kRecord> scratch;

/// Takes bytes from the front of several buffers, in pieces of at most a record.
class Pieces {
 public:
  explicit Pieces(std::span<const base::ConstBuffer> buffers) noexcept : buffers_(buffers) { skip_empty(); }

  bool empty() const noexcept { return buffers_.empty(); }
  /// The next piece, which is good until the one after it.
  std::span<const std::byte> next() noexcept {
    const std::span<const std::byte> first = buffers_.front().span().subspan(offset_);
    if (first.size() >= kRecord || buffers_.size() == 1) {
      const auto piece = first.first(std::min(first.size(), kRecord));
      advance(piece.size());
      return piece;
    }
    std::size_t filled = 0;
    while (!empty() && filled < scratch.size()) {
      const auto rest = buffers_.front().span().subspan(offset_);
      const std::size_t count = std::min(rest.size(), scratch.size() - filled);
      std::memcpy(scratch.data() + filled, rest.data(), count);
      filled += count;
      advance(count);
    }
    return std::span(scratch).first(filled);
  }

 private:
  void advance(std::size_t count) noexcept {
    offset_ += count;
    skip_empty();
  }
  void skip_empty() noexcept {
    while (!buffers_.empty() && offset_ == buffers_.front().size()) {
      buffers_ = buffers_.subspan(1);
      offset_ = 0;
    }
  }

  std::span<const base::ConstBuffer> buffers_;
  std::size_t offset_ = 0;
};

char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

void count_messages(int ours, int, int type, const void*, std::size_t, SSL*, void* count) {
  if (ours == 0 && type == SSL3_RT_HANDSHAKE) ++*static_cast<int*>(count);
}

std::size_t size_of(std::span<const base::ConstBuffer> buffers) noexcept {
  std::size_t total = 0;
  for (const base::ConstBuffer& buffer : buffers) total += buffer.size();
  return total;
}

}  // namespace

Session::Session(io::AnyStream carrier, const ServerConfig& config)
    : server_state_(config.state_), alpn_(config.alpn_), channel_(std::move(carrier)) {}

Session::Session(io::AnyStream carrier, const ClientConfig& config, std::string server_name)
    : client_(config.context_), channel_(std::move(carrier)), server_name_(std::move(server_name)) {}

bool Session::begin() {
  if (client_ != nullptr) {
    ssl_ = client_->make_ssl(server_name_);
  } else {
    server_ = std::exchange(server_state_, nullptr)->current();
    ssl_ = server_->make_ssl(alpn_.get());
  }
  BIO* const bio = ssl_ != nullptr ? channel_.make_bio() : nullptr;
  if (bio == nullptr) {
    failure_ = client_ != nullptr ? wrong_setting("TLS handshake with " + server_name_, "this is no name of a server")
                                  : Error(Errc::OutOfMemory);
    return false;
  }
  SSL_set_bio(ssl_.get(), bio, bio);
  return true;
}

bool Session::hears_client() noexcept {
  const std::lock_guard lock(mutex_);
  return ssl_ != nullptr || reading_ended_ || channel_.has_begun();
}

Session::Step Session::handshake() {
  const std::lock_guard lock(mutex_);
  if (failure_.code() != Errc::Ok) return Step::Failed;
  if (open_) return Step::Done;
  if (reading_ended_) {
    failure_ = Errc::Closed;
    return Step::Failed;
  }
  if (ssl_ == nullptr) {
    if (client_ == nullptr && !channel_.has_begun()) return Step::Reads;
    if (!begin()) return Step::Failed;
  }
  for (int records = 0; records < kEmptyInARow; ++records) {
    channel_.begin_read();
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    const int verdict = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), result);
    if (verdict != SSL_ERROR_NONE && verdict != SSL_ERROR_WANT_READ) {
      failure_ = fail("handshake", verdict);
      // An alert tells the peer why, if it can be sent now.
      static_cast<void>(channel_.flush());
      return Step::Failed;
    }
    const Result<void> flushed = channel_.flush();
    // What a server of version 1.3 says last are tickets. Nobody waits for them, so neither do we: the client may be
    // sending, and not read before that is done; or have sent all it wants, and be gone.
    const bool only_tickets =
        verdict == SSL_ERROR_NONE && server_ != nullptr && SSL_version(ssl_.get()) >= TLS1_3_VERSION;
    if (!flushed && flushed.error() != Errc::WouldBlock && !only_tickets) {
      failure_ = flushed.error().with("TLS handshake");
      return Step::Failed;
    }
    if (verdict == SSL_ERROR_NONE && (flushed || only_tickets)) {
      finish();
      return Step::Done;
    }
    if (!flushed) return Step::Writes;
    if (channel_.read_waits()) return Step::Reads;
  }
  return Step::Yields;
}

void Session::finish() {
  open_ = true;
  SSL_set_msg_callback(ssl_.get(), &count_messages);
  SSL_set_msg_callback_arg(ssl_.get(), &empty_messages_);
  if (X509* const shown = SSL_get0_peer_certificate(ssl_.get()); shown != nullptr) peer_certificate_ = describe(shown);
}

Error Session::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

/// Why the connection is over, where it is.
Error Session::fail(std::string_view doing, int verdict) noexcept {
  std::string what = "TLS " + std::string(doing);
  if (client_ != nullptr && !open_) what += " with " + server_name_;
  if (channel_.is_text()) return {Errc::InvalidData, what + ": the peer does not speak TLS"};
  if (channel_.error().code() != Errc::Ok) {
    ERR_clear_error();
    return channel_.error().with(what);
  }
  const bool cut = channel_.at_end() && verdict != SSL_ERROR_ZERO_RETURN;
  const unsigned long first = ERR_peek_error();
  if (verdict == SSL_ERROR_SYSCALL || (cut && ERR_GET_REASON(first) == SSL_R_UNEXPECTED_EOF_WHILE_READING)) {
    ERR_clear_error();
    return {Errc::UnexpectedEof, open_ ? what + ": no close_notify" : what};
  }
  const long verified = SSL_get_verify_result(ssl_.get());
  const int reason = ERR_GET_REASON(first);
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK) {
    ERR_clear_error();
    return {Errc::PermissionDenied, what + ": " + X509_verify_cert_error_string(verified)};
  }
  const Errc code = reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE ? Errc::PermissionDenied : Errc::InvalidData;
  return {code, what + ": " + take_reason()};
}

Result<void> Session::state() const {
  if (failure_.code() != Errc::Ok) return failure_;
  if (!open_) return Errc::NotConnected;
  return {};
}

Result<std::size_t> Session::read(std::span<std::byte> out) noexcept {
  const std::lock_guard lock(mutex_);
  RONDEAU_TRY_VOID_PLAIN(state());
  if (out.empty() || reading_ended_ || peer_ended_) return std::size_t{0};
  Result<std::size_t> count = Errc::WouldBlock;
  for (int records = 0; records < kEmptyInARow; ++records) {
    count = read_record(out);
    if (count || count.error() != Errc::WouldBlock || channel_.read_waits()) break;
  }
  // Answers to key updates, or an alert. What does not fit now goes before what is written next.
  if (channel_.has_output()) static_cast<void>(channel_.flush());
  return count;
}

Result<std::size_t> Session::read_record(std::span<std::byte> out) noexcept {
  std::size_t count = 0;
  channel_.begin_read();
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), out.data(), out.size(), &count);
  if (result == 1) {
    empty_messages_ = 0;
    return count;
  }
  if (empty_messages_ > kMostEmpty) return failure_ = {Errc::InvalidData, "TLS read: messages without content"};
  const int verdict = SSL_get_error(ssl_.get(), result);
  if (verdict == SSL_ERROR_WANT_READ) return Errc::WouldBlock;
  if (verdict == SSL_ERROR_ZERO_RETURN) {
    peer_ended_ = true;
    return std::size_t{0};
  }
  failure_ = fail("read", verdict);
  return failure_;
}

Result<std::size_t> Session::write(std::span<const base::ConstBuffer> buffers) noexcept {
  const std::lock_guard lock(mutex_);
  RONDEAU_TRY_VOID_PLAIN(state());
  if (notified_) return Errc::BrokenPipe;
  const std::size_t wanted = size_of(buffers);
  if (wanted == 0) return std::size_t{0};
  if (auto flushed = channel_.flush(); !flushed) return flushed.error();
  if (owed_ > 0) {
    const std::size_t told = std::min(owed_, wanted);
    owed_ -= told;
    return told;
  }
  RONDEAU_TRY_PLAIN(const std::size_t taken, encrypt(buffers));
  auto flushed = channel_.flush();
  if (flushed) return taken;
  if (flushed.error() == Errc::WouldBlock) owed_ = taken;
  return flushed.error();
}

Result<std::size_t> Session::encrypt(std::span<const base::ConstBuffer> buffers) noexcept {
  Pieces pieces(buffers);
  std::size_t taken = 0;
  while (!pieces.empty() && taken < kWrittenAtOnce) {
    const std::span<const std::byte> piece = pieces.next();
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &count);
    if (result != 1) return failure_ = fail("write", SSL_get_error(ssl_.get(), result));
    taken += count;
  }
  return taken;
}

void Session::forget_write() noexcept {
  const std::lock_guard lock(mutex_);
  owed_ = 0;
}

Result<void> Session::flush() noexcept {
  const std::lock_guard lock(mutex_);
  RONDEAU_TRY_VOID_PLAIN(state());
  return channel_.flush();
}

Result<void> Session::shutdown(io::How how) noexcept {
  const std::lock_guard lock(mutex_);
  if (how != io::How::Write) reading_ended_ = true;
  if (how == io::How::Read) return channel_.carrier()->try_shutdown(io::How::Read);
  if (open_ && failure_.code() == Errc::Ok) {
    if (!std::exchange(notified_, true)) {
      ERR_clear_error();
      if (SSL_shutdown(ssl_.get()) < 0) ERR_clear_error();
    }
    RONDEAU_TRY_VOID_PLAIN(channel_.flush());
  }
  return channel_.carrier()->try_shutdown(how);
}

/// Something OpenSSL has taken in and not given out, and that it does not lack the rest of.
bool Session::can_read_now() const noexcept {
  if (failure_.code() != Errc::Ok || peer_ended_ || reading_ended_) return true;
  return open_ && !channel_.read_waits() && SSL_has_pending(ssl_.get()) == 1;
}

bool Session::start_wait(io::Waiter& waiter) noexcept {
  // Under the lock: who reads meanwhile might take in what this one waits for.
  const std::lock_guard lock(mutex_);
  const bool reads = (waiter.interest & base::PollEvent::Readable) != 0;
  if (reads ? can_read_now() : failure_.code() != Errc::Ok) return false;
  const bool closes = (waiter.interest & base::PollEvent::ReadClosed) != 0;
  if (closes && peer_ended_) return false;
  return channel_.carrier()->start_wait(waiter);
}

std::string_view Session::server_name() const noexcept {
  if (!open_) return {};
  if (client_ != nullptr) return server_name_;
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : std::string_view();
}

bool Session::covers(std::string_view host) const {
  const std::string_view asked = server_name();
  if (server_ == nullptr || asked.empty()) return true;
  const bool same = std::ranges::equal(asked, host, {}, to_lower, to_lower);
  if (same || lower_case_host(asked) == lower_case_host(host)) return true;
  return std::ranges::any_of(server_->identities.find(asked), [host](const LoadedIdentity* identity) {
    return is_for_host(identity->certificate.get(), host);
  });
}

}  // namespace rondeau::tls
