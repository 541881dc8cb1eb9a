#include "service/limits.h"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace rondeau;
using namespace std::chrono_literals;
using service::LimitSettings;

TEST_CASE("service: limits that nobody sets are those of a server that faces the internet") {
  const http::Limits limits = service::limits_of({});
  const http::Limits edge = http::Limits::edge();
  CHECK(limits.max_connections == edge.max_connections);
  CHECK(limits.max_connections_per_address == edge.max_connections_per_address);
  CHECK(limits.keep_alive == edge.keep_alive);
  CHECK(limits.max_head == edge.max_head);
  CHECK(limits.head == edge.head);
  CHECK(limits.max_buffered_body == edge.max_buffered_body);
  CHECK(limits.max_streamed_body == edge.max_streamed_body);
  CHECK(limits.max_multipart == edge.max_multipart);
  CHECK(limits.body_read == edge.body_read);
  CHECK(limits.handler == edge.handler);
  CHECK(limits.write_stall == edge.write_stall);
  CHECK(limits.shutdown == 25s);
}

TEST_CASE("service: each limit that is set is the server's") {
  service::ServiceSettings settings;
  settings.server.limits = {.max_connections = 1000,
                            .max_connections_per_address = 10,
                            .keep_alive = 1s,
                            .max_head = 4096,
                            .head = 2s,
                            .max_buffered_body = 5,
                            .max_streamed_body = 6,
                            .max_multipart = 7,
                            .body_read = 3s,
                            .handler = 4min,
                            .write_stall = 5s};
  const http::Limits limits = service::limits_of(settings);
  CHECK(limits.max_connections == 1000);
  CHECK(limits.max_connections_per_address == 10);
  CHECK(limits.keep_alive == 1s);
  CHECK(limits.max_head == 4096);
  CHECK(limits.head == 2s);
  CHECK(limits.max_buffered_body == 5);
  CHECK(limits.max_streamed_body == 6);
  CHECK(limits.max_multipart == 7);
  CHECK(limits.body_read == 3s);
  CHECK(limits.handler == 4min);
  CHECK(limits.write_stall == 5s);
  std::vector<std::string> mistakes;
  service::judge_limits(settings.server.limits, mistakes);
  CHECK(mistakes.empty());
}

TEST_CASE("service: a limit that makes no sense is a mistake by its key") {
  struct Case {
    LimitSettings settings;
    std::string mistake;
  };
  for (const Case& row : {
           Case{{}, ""},
           Case{{.max_connections = 0}, "server.limits.max_connections: must be at least 1"},
           Case{{.max_connections_per_address = 0}, "server.limits.max_connections_per_address: must be at least 1"},
           Case{{.max_connections = 5, .max_connections_per_address = 6},
                "server.limits.max_connections_per_address: is more than max_connections"},
           Case{{.keep_alive = 0ms}, "server.limits.keep_alive: must be more than 0s"},
           Case{{.head = -1ms}, "server.limits.head: must be more than 0s"},
           Case{{.body_read = 0ms}, "server.limits.body_read: must be more than 0s"},
           Case{{.handler = 0ms}, "server.limits.handler: must be more than 0s"},
           Case{{.handler = std::chrono::milliseconds::max()}, "server.limits.handler: must be at most 720h"},
           Case{{.write_stall = 0ms}, "server.limits.write_stall: must be more than 0s"},
           Case{{.max_head = 1023}, "server.limits.max_head: must be from 1024 to 1048576 bytes"},
           Case{{.max_head = 1048577}, "server.limits.max_head: must be from 1024 to 1048576 bytes"},
           Case{{.max_buffered_body = 2, .max_streamed_body = 1},
                "server.limits.max_streamed_body: is less than max_buffered_body, which it bounds, too"},
       }) {
    std::vector<std::string> mistakes;
    service::judge_limits(row.settings, mistakes);
    CAPTURE(row.mistake);
    CHECK(mistakes == (row.mistake.empty() ? std::vector<std::string>() : std::vector{row.mistake}));
  }
}
