#include <rondeau/base/error.h>

#include <cerrno>
#include <system_error>

namespace rondeau::base {
namespace {

Errc kind_of(int os_error) noexcept {
  switch (os_error) {
    case 0: return Errc::Ok;
    case ECONNREFUSED: return Errc::ConnectionRefused;
    case ECONNRESET: return Errc::ConnectionReset;
    case ECONNABORTED: return Errc::ConnectionAborted;
    case ENOTCONN: return Errc::NotConnected;
    case EPIPE: return Errc::BrokenPipe;
    case EADDRINUSE: return Errc::AddressInUse;
    case EADDRNOTAVAIL: return Errc::AddressNotAvailable;
    case EHOSTUNREACH:
    case ENETUNREACH: return Errc::HostUnreachable;
    case EPERM:
    case EACCES: return Errc::PermissionDenied;
    case ENOENT: return Errc::NotFound;
    case EEXIST: return Errc::AlreadyExists;
    case EMFILE:
    case ENFILE: return Errc::TooManyOpenFiles;
    case ENOMEM:
    case ENOBUFS: return Errc::OutOfMemory;
    case ENOSPC: return Errc::NoSpace;
    case EROFS: return Errc::ReadOnly;
    case EAGAIN: return Errc::WouldBlock;
    case EINTR: return Errc::Interrupted;
    case EOPNOTSUPP:
    case ENOSYS: return Errc::Unsupported;
    case EINVAL: return Errc::InvalidArgument;
    case EMSGSIZE: return Errc::TooLarge;
    case ETIMEDOUT: return Errc::TimedOut;
    default: return Errc::Os;
  }
}

}  // namespace

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::Ok: return "no error";
    case Errc::ConnectionRefused: return "connection refused";
    case Errc::ConnectionReset: return "connection reset";
    case Errc::ConnectionAborted: return "connection aborted";
    case Errc::NotConnected: return "not connected";
    case Errc::BrokenPipe: return "broken pipe";
    case Errc::AddressInUse: return "address in use";
    case Errc::AddressNotAvailable: return "address not available";
    case Errc::HostUnreachable: return "host unreachable";
    case Errc::PermissionDenied: return "permission denied";
    case Errc::NotFound: return "not found";
    case Errc::AlreadyExists: return "already exists";
    case Errc::TooManyOpenFiles: return "too many open files";
    case Errc::OutOfMemory: return "out of memory";
    case Errc::NoSpace: return "no space left";
    case Errc::ReadOnly: return "read-only";
    case Errc::WouldBlock: return "would block";
    case Errc::Interrupted: return "interrupted";
    case Errc::Unsupported: return "unsupported";
    case Errc::Os: return "system error";
    case Errc::UnexpectedEof: return "unexpected end of stream";
    case Errc::WriteZero: return "the sink takes no more bytes";
    case Errc::TooLarge: return "too large";
    case Errc::InvalidData: return "invalid data";
    case Errc::InvalidArgument: return "invalid argument";
    case Errc::TimedOut: return "timed out";
    case Errc::Closed: return "closed";
    case Errc::Overloaded: return "overloaded";
    case Errc::ShuttingDown: return "shutting down";
    case Errc::Other: return "error";
  }
  return "unknown error";
}

Error::Error(Errc code, std::string_view context) : code_(code), context_(std::make_unique<std::string>(context)) {}

Error::Error(const Error& other)
    : code_(other.code_),
      os_error_(other.os_error_),
      context_(other.context_ ? std::make_unique<std::string>(*other.context_) : nullptr) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) *this = Error(other);
  return *this;
}

Error Error::from_os(int os_error) noexcept {
  Error error{kind_of(os_error)};
  error.os_error_ = os_error;
  return error;
}

Error Error::from_os(int os_error, std::string_view context) {
  Error error = from_os(os_error);
  error.context_ = std::make_unique<std::string>(context);
  return error;
}

std::string Error::message() const {
  std::string text(context());
  if (!text.empty()) text += ": ";
  if (code_ == Errc::Os) return text + std::generic_category().message(os_error_);
  return text.append(to_string(code_));
}

Error Error::with(std::string_view context) const {
  Error error = *this;
  std::string text(context);
  if (context_) text.append(": ").append(*context_);
  error.context_ = std::make_unique<std::string>(std::move(text));
  return error;
}

}  // namespace rondeau::base
