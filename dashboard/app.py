"""The app's navigation and frame; each page is a file in ``views/``."""

from pathlib import Path

import streamlit as st

from dashboard.components.common import navigation
from dashboard.components.page import account, approval_badge, connection, style
from dashboard.components.recordings import replay_bar

_HERE = Path(__file__).parent
_ICON = _HERE / "static" / "favicon.png"

page = st.navigation(
    [
        st.Page(_HERE / "views" / "studio.py", title="Studio", default=True),
        st.Page(_HERE / "views" / "gallery.py", title="Gallery"),
        st.Page(_HERE / "views" / "fleet.py", title="Fleet"),
        st.Page(_HERE / "views" / "tune.py", title="Tune"),
        st.Page(_HERE / "views" / "jobs.py", title="Jobs"),
        st.Page(_HERE / "views" / "present.py", title="Present"),
        st.Page(_HERE / "views" / "recordings.py", title="Recordings"),
        # Opened from the Gallery, for two selected pictures.
        st.Page(_HERE / "views" / "compare.py", title="Compare", visibility="hidden"),
        # Opened from the Studio, with the link to a prompt matrix's pictures.
        st.Page(_HERE / "views" / "grid.py", title="Prompt grid", visibility="hidden"),
        # Opened with a key on Present too, on the presenter's own screen.
        st.Page(
            _HERE / "views" / "approve.py",
            title="Approve",
            visibility="visible" if approval_badge.is_listed() else "hidden",
        ),
        # Opened from Present's menu, on the presenter's phone.
        st.Page(_HERE / "views" / "remote.py", title="Remote", visibility="hidden"),
    ],
    position="top",
)
st.set_page_config(
    page_title=f"{page.title} · Stable Diffusion, live",
    page_icon=_ICON,
    layout="wide",
)
st.logo(_ICON)
style.show(present=page.url_path == "present")
replay_bar.show()
page.run()
connection.show()
approval_badge.show()
account.show()
navigation.show_if_begun()
