"""A scripted stand-in for the Messages API, for running the real Claude Code CLI on this machine alone.

The script travels in the prompt, so the endpoint keeps no conversation: many agents, resumed ones and
subagents can use one endpoint at once.

    Please do this. @@[{"tool": "Read", "input": {"file_path": "README.md"}}, {"text": "Done."}]

The answer to a request is the step whose number is that of the assistant's messages since the latest
prompt with a script. A prompt without a script is answered "Understood."; after its last step a script is
answered "The script is over." Steps:

    {"text": "…"}                                 also "chunk": characters, "chunk_delay": seconds
    {"thinking": "…"}
    {"tool": "Bash", "input": {…}}                a "text" beside it comes first
    {"blocks": [{"text": …}, {"tool": …}, …]}     several blocks in one message: parallel tools
    {"hang": 2.5}                                 sends nothing for so many seconds (true: for ever), then the
                                                  "text" or "tool" beside it
    {"drop": true, "text": "…"}                   sends half of a message and closes the connection
    {"sse_error": "overloaded_error"}             an error event in the stream, after a "text" beside it
    {"error": 429, "headers": {…}}                an HTTP error; also "type" and "message"

The last three take "times": how often they happen before the step after them is used (default: always).

    async with Endpoint() as endpoint:            # endpoint.url is the ANTHROPIC_BASE_URL
        request = await endpoint.seen(lambda request: "hello" in request.prompt)

`python -m tests.support.endpoint` runs one by hand. It is a fake of the model, never of the agent.
"""

from tests.support.endpoint.loopback import Loopback
from tests.support.endpoint.script import prompt
from tests.support.endpoint.server import Endpoint, Request

__all__ = ["Endpoint", "Loopback", "Request", "prompt"]
