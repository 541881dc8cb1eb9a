// SetHeader: one field on every answer.
#pragma once

#include <string>

#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Sets `name: value` on every answer. A field that cannot be sent makes the answer faulty, that is, a 500.
struct SetHeader {
  enum class When { Always, IfAbsent };

  std::string name;
  std::string value;
  When when = When::Always;

  void after(const http::Request&, http::Response& response) const {
    if (when == When::IfAbsent && response.headers().contains(name)) return;
    response.header(name, value);
  }
};

}  // namespace rondeau::middleware
