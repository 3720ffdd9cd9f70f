"use strict";

const api = document.getElementById("api");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

dark.addEventListener("change", follow);
follow();

SwaggerUIBundle({
    domNode: api,
    url: api.dataset.description,
    defaultModelsExpandDepth: -1,
    validatorUrl: null, // or the description is sent to validator.swagger.io
    requestInterceptor: (request) => {
        if (!["GET", "HEAD"].includes(request.method ?? "GET")) {
            request.headers["X-CSRFToken"] = api.dataset.csrfToken;
        }
        return request;
    },
});
