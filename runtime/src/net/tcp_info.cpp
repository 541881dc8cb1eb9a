// What the kernel knows of a connection. Apart from the rest: <linux/tcp.h> and <netinet/tcp.h> do not go together.
#include <linux/tcp.h>
#include <netinet/in.h>

#include <rondeau/net/tcp_stream.h>

namespace rondeau::net {

Result<std::uint64_t> TcpStream::bytes_acked() const {
  RONDEAU_TRY_PLAIN(const tcp_info info, socket_.option<tcp_info>(IPPROTO_TCP, TCP_INFO));
  return std::uint64_t{info.tcpi_bytes_acked};
}

}  // namespace rondeau::net
