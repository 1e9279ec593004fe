"""HTTP server of Chorus: access control, the pages and sockets beside GraphQL, and how it listens."""
