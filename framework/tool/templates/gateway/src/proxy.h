// Everything below /api goes to another server, and what that says comes back.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <rondeau/client/reverse_proxy.h>
#include <rondeau/rondeau.h>

namespace {{ns}} {

struct App;

/// `url` is where /api leads to. An answer that takes longer than `timeout`, from the request to its end, is a 504.
/// Errors: InvalidArgument for what is no URL.
rondeau::Result<std::shared_ptr<const rondeau::ReverseProxy>> make_proxy(const std::string& url,
                                                                         std::chrono::milliseconds timeout);

void add_proxy(rondeau::Router<App>& router);

}  // namespace {{ns}}
