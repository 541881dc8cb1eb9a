// AppendHeader: one field more on every answer.
#pragma once

#include <string>

#include <rondeau/handler/layer.h>

namespace rondeau::middleware {

/// Adds `name: value` behind the fields of that name that an answer has: `AppendHeader{"vary", "origin"}`. A field that
/// cannot be sent makes the answer faulty, that is, a 500.
struct AppendHeader {
  std::string name;
  std::string value;

  void after(const http::Request&, http::Response& response) const {
    // header() keeps the reason of a failure.
    if (!response.headers().append(name, value)) response.header(name, value);
  }
};

}  // namespace rondeau::middleware
