// What a driver need not have.
#include <rondeau/base/driver.h>

namespace rondeau::base {

Result<std::size_t> Driver::send_messages(int, std::span<OutgoingMessage>) {
  return Errc::Unsupported;
}
Result<std::size_t> Driver::receive_messages(int, std::span<IncomingMessage>, int) {
  return Errc::Unsupported;
}
Result<std::array<int, 2>> Driver::socket_pair(int, int, int) {
  return Errc::Unsupported;
}
Result<std::array<int, 2>> Driver::pipe() {
  return Errc::Unsupported;
}
Result<std::size_t> Driver::read(int, std::span<const MutableBuffer>) {
  return Errc::Unsupported;
}
Result<std::size_t> Driver::write(int, std::span<const ConstBuffer>) {
  return Errc::Unsupported;
}
Result<std::size_t> Driver::send_file(int, int, std::uint64_t, std::size_t) {
  return Errc::Unsupported;
}
Result<std::vector<SocketAddress>> Driver::look_up(const std::string&, std::uint16_t) {
  return Errc::Unsupported;
}

}  // namespace rondeau::base
