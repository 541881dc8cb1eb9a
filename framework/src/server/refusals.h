// Answers that no handler gave, the same in every version of HTTP.
#pragma once

#include <string_view>

#include <rondeau/base/error.h>
#include <rondeau/base/socket_address.h>
#include <rondeau/http/request.h>
#include <rondeau/http/response.h>

#include "server/shared.h"

namespace rondeau::server {

/// The server's own answer to the request in `about`, or to what is none where that is null. Told to on_refused.
http::Response refuse(Shared& server, const base::SocketAddress* peer, http::RequestBlock* about,
                      http::StatusCode status, std::string_view reason);

/// Told to on_broken, if anybody wants to know.
void tell_broken(const Shared& server, http::RequestBlock& about, std::string_view why);

/// The router's Catch layer was taken away: the last place where the exception in flight can become an answer.
http::Response caught(const http::Request& request);

/// In place of an answer that cannot be sent; says why on stderr.
http::Response replace_faulty(const http::Request& request, const Error& why);

}  // namespace rondeau::server
